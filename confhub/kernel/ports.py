"""A port for a program that is told its port at its start."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
_OUTGOING_FROM = 32768
"""Linux' own, where nobody says otherwise."""
_LOWEST = 10_000
_TRIES = 100


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1", wanted: int = 0) -> int:
    """`wanted` if nobody has it, else any port that is free now and that no outgoing connection is given by
    the kernel: a program that is started again later finds it free, too. Raises OSError for a host that is no
    address of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    below = max(_LOWEST + 1, _outgoing_from())
    dice = random.SystemRandom()
    candidates = [wanted] if wanted else []
    candidates += [dice.randrange(_LOWEST, below) for _ in range(_TRIES)]
    for port in candidates:
        try:
            return _bound(family, kind, host, port)
        except OSError:
            continue
    return _bound(family, kind, host, 0)


def _bound(family: socket.AddressFamily, kind: socket.SocketKind, host: str, port: int) -> int:
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _outgoing_from() -> int:
    try:
        return int(_OUTGOING.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _OUTGOING_FROM
