"""Sockets of the UDP port: bound for IPv4 and IPv6, with buffers for bursts."""

from __future__ import annotations

import contextlib
import errno
import socket

from confhub.relay.transport.limits import SOCKET_BUFFER_BYTES

_WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104
_PORT_TRIES = 16
"""With port 0, IPv6 must get the number IPv4 got; another program may have it."""
_FORCE = {socket.SO_RCVBUF: 33, socket.SO_SNDBUF: 32}  # SO_RCVBUFFORCE, SO_SNDBUFFORCE of Linux


def bind(host: str, port: int) -> list[socket.socket]:
    """Non-blocking sockets, one a family, all with the same port number. Raises OSError."""
    if host not in _WILDCARDS:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return [_bound(family, host, port)]
    for attempt in range(_PORT_TRIES):
        first = _bound(socket.AF_INET, "0.0.0.0", port)  # noqa: S104
        if not socket.has_ipv6:
            return [first]
        try:
            return [first, _bound(socket.AF_INET6, "::", first.getsockname()[1])]
        except OSError as error:
            if not _is_taken(error):
                return [first]  # a machine without IPv6
            first.close()
            if port or attempt == _PORT_TRIES - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def _is_taken(error: OSError) -> bool:
    return error.errno == errno.EADDRINUSE


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            _enlarge(sock, option)
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _enlarge(sock: socket.socket, option: int) -> None:
    """As large as the machine lets us: past its limit if we may, up to it otherwise."""
    sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _FORCE[option], SOCKET_BUFFER_BYTES)
