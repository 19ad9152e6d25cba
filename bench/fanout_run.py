"""One measurement of one way to fan out, in a process of its own: prints its CPU time a packet as JSON.

Bursts of 8 packets go to so many subscribers, each with keys (AES-128-GCM) and a loopback socket of its own.
The process's CPU clock runs while a burst is sent (the kernel's delivery to the sockets included, as loopback
does it in the sender) and rests while all sockets are emptied and the packets counted; one that lost
any is void.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BURST = 8
WARM_UP_BURSTS = 3
KINDS = ("compiled", "python", "floor")
_EXTENSION = b"\xbe\xde\x00\x01\x32abc"
"""As long as abs-send-time, the one extension of a picture's packets."""
_HEAD = b"\x90\x60" + bytes(6) + b"\x00\x00\x30\x39" + _EXTENSION
_SSRC = 12345


def measure(
    kind: str, payload_bytes: int, subscribers: int, packets: int, is_mixed: bool
) -> dict[str, float]:
    """us_per_packet and what came of it."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    receivers = [_bound() for _ in range(subscribers)]
    sender = _bound()
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    payload = os.urandom(payload_bytes)
    if kind == "floor":
        send = _floor(sender, receivers, payload)
    else:
        send = _twin(kind, sender, receivers, payload, is_mixed)
    bursts = max(1, packets // (BURST * subscribers))
    spent_ns = taken = 0
    for index in range(-WARM_UP_BURSTS, bursts):
        took_ns = send((index + WARM_UP_BURSTS) * BURST)
        count = _empty(receivers)
        if index >= 0:
            spent_ns += took_ns
            taken += count
    sent = bursts * BURST * subscribers
    return {"us_per_packet": spent_ns / 1000 / sent, "sent": sent, "lost": sent - taken}


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    return sock


def _empty(receivers: list[socket.socket]) -> int:
    """Datagrams that had come; loopback has delivered before the sending returned."""
    count = 0
    buffer = bytearray(2048)
    for receiver in receivers:
        for _ in range(BURST):
            try:
                receiver.recv_into(buffer)
            except BlockingIOError:
                break
            count += 1
    return count


def _session() -> tuple[Any, Any]:
    """(pylibsrtp's session, its handle)."""
    from pylibsrtp import Policy, Session

    policy = Policy(
        key=os.urandom(28),
        ssrc_type=Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    session = Session(policy)
    return session, session._srtp[0]


def _twin(
    kind: str, sender: socket.socket, receivers: list[socket.socket], payload: bytes, is_mixed: bool
) -> Callable[[int], int]:
    """By the contract: cargos queued and flushed. CONFHUB_FANOUT is set by who started this process."""
    from confhub.relay import native
    from confhub.relay.forward.cargo import Cargo
    from confhub.relay.forward.lane import Edit, Lane, intern_edit
    from confhub.relay.forward.twins import new_fanout
    from confhub.relay.transport.path import SendPath

    native.choose(kind)
    fanout = new_fanout(time.monotonic)
    lanes = []
    for index, receiver in enumerate(receivers):
        path = SendPath()
        path.use_session(_session()[0])
        path.address = receiver.getsockname()
        path.sendto = sender.sendto
        edit = intern_edit(Edit(3, 0, 0, 0, 0, index if is_mixed else 0, 0, 0))
        lanes.append(Lane(path, _SSRC, 96, edit, 0, 0, 0))

    def send(first_seq: int) -> int:
        cargos = [Cargo(first_seq + n, 0, 0, payload) for n in range(BURST)]
        for cargo in cargos:
            cargo.lanes = tuple(lanes)
        start_ns = time.process_time_ns()
        for cargo in cargos:
            fanout.queue(cargo)
        fanout.flush()
        return time.process_time_ns() - start_ns

    return send


def _floor(sender: socket.socket, receivers: list[socket.socket], payload: bytes) -> Callable[[int], int]:
    """By floor.c, compiled here."""
    from pylibsrtp._binding import ffi, lib

    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "floor.so"
        source = Path(__file__).with_name("floor.c")
        subprocess.run(["cc", "-O3", "-shared", "-fPIC", str(source), "-o", str(binary)], check=True)
        burst = ctypes.CDLL(str(binary)).floor_burst
    burst.restype = ctypes.c_long
    kept = [_session() for _ in receivers]
    handles = (ctypes.c_void_p * len(kept))(*(int(ffi.cast("uintptr_t", handle)) for _, handle in kept))
    addresses = b"".join(
        socket.AF_INET.to_bytes(2, sys.byteorder)
        + receiver.getsockname()[1].to_bytes(2, "big")
        + socket.inet_aton("127.0.0.1")
        + bytes(8)
        for receiver in receivers
    )
    protect = ctypes.c_void_p(int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect"))))
    count, fd = len(receivers), sender.fileno()
    keep_alive = kept

    def send(first_seq: int) -> int:
        start_ns = time.process_time_ns()
        sent = burst(
            protect,
            handles,
            addresses,
            count,
            fd,
            _HEAD,
            len(_HEAD),
            payload,
            len(payload),
            BURST,
            first_seq & 0xFFFF,
        )
        took_ns = time.process_time_ns() - start_ns
        assert sent == BURST * len(keep_alive), "the kernel refused a burst"
        return took_ns

    return send


def main() -> None:
    """Options in, one line of JSON out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--subscribers", type=int, required=True)
    parser.add_argument("--packets", type=int, required=True)
    parser.add_argument("--mixed", action="store_true", help="no two subscribers have the same edit")
    args = parser.parse_args()
    sys.stdout.write(
        json.dumps(measure(args.kind, args.bytes, args.subscribers, args.packets, args.mixed)) + "\n"
    )


if __name__ == "__main__":
    main()
