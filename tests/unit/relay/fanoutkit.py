"""The twins of the fan-out, and subscribers with sockets and keys, for tests that compare them."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pylibsrtp import Policy, Session

from confhub.relay import native
from confhub.relay.forward.fanout import FanOut
from confhub.relay.forward.fanout_py import PyFanOut
from confhub.relay.forward.lane import Edit, PyLane, intern_edit
from confhub.relay.transport.path import PyPathState

GCM_128 = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
PROFILES = [GCM_128, Policy.SRTP_PROFILE_AEAD_AES_256_GCM, Policy.SRTP_PROFILE_AES128_CM_SHA1_80]
PLAIN = intern_edit(Edit(0, 0, 0, 0, 0, 0, 0, 0))


@dataclass(frozen=True)
class Twin:
    """One way to fan out, with the objects it walks over."""

    name: str
    new: Callable[[Callable[[], float]], FanOut]
    lane: Any
    path: Any


READABLE = Twin("python", PyFanOut, PyLane, PyPathState)
TWINS = [READABLE]
if native.fanout is not None:
    TWINS += [
        Twin("python on compiled objects", PyFanOut, native.fanout.Lane, native.fanout.PathState),
        Twin("compiled", native.fanout.FanOut, native.fanout.Lane, native.fanout.PathState),
    ]

each_twin = pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
needs_compiled = pytest.mark.skipif(native.fanout is None, reason="the compiled twin is not built here")


class Subscriber:
    """A path of a twin's kind to a loopback socket of its own; the keys follow from the seed."""

    def __init__(
        self,
        twin: Twin,
        seed: int = 0,
        profile: int = GCM_128,
        host: str = "127.0.0.1",
        sender: socket.socket | None = None,
    ) -> None:
        key = hashlib.sha512(b"%d" % seed).digest()[:46]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.sender = sender or socket.socket(family, socket.SOCK_DGRAM)
        self.sender.setblocking(False)
        if sender is None:
            self.sender.bind((host, 0))
        self.session = Session(_policy(key, Policy.SSRC_ANY_OUTBOUND, profile))
        self.path = twin.path()
        self.path.srtp = self.session._srtp[0]
        self.path.address = self.socket.getsockname()
        self.path.sendto = self.sender.sendto
        self._opener = Session(_policy(key, Policy.SSRC_ANY_INBOUND, profile))

    def datagrams(self) -> list[bytes]:
        """What came, as it came; loopback delivers before sending returns."""
        found = []
        while True:
            try:
                datagram, source = self.socket.recvfrom(4096)
            except BlockingIOError:
                return found
            assert source == self.sender.getsockname(), "sent through another path's socket"
            found.append(datagram)

    def take(self) -> list[bytes]:
        """What came, decrypted."""
        return [self._opener.unprotect(datagram) for datagram in self.datagrams()]

    def counters(self) -> tuple[int, int, int, int]:
        """packets, octets, dropped, errors of the path."""
        path = self.path
        return path.packets, path.octets, path.dropped, path.errors

    def close(self) -> None:
        self.socket.close()
        self.sender.close()


def _policy(key: bytes, kind: int, profile: int) -> Policy:
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return policy
