"""The twins of the fan-out: the same packets to the same lanes give the same datagrams and counters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pylibsrtp

from confhub.relay import native
from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.fanout_py import PyFanOut
from confhub.relay.forward.lane import Edit, PyLane, intern_edit
from confhub.relay.transport.path import PyPathState
from confhub.relay.wire import numbers, vp8, vp9
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets.relay import ADDRESS

MAX_CARGOS = 24
LANES = 6
_REFUSALS = (BlockingIOError, OSError)


class Side:
    """One twin with paths and lanes of its kind, and what went out."""

    def __init__(self, fanout: Any, lane: Any, path: Any, source: Source) -> None:
        self.now_s = 1.5
        self.fanout = fanout(lambda: self.now_s)
        self.sent: list[bytes] = []
        self.sessions = [pylibsrtp.Session(_policy(number)) for number in range(3)]
        self.paths = [path() for _ in self.sessions]
        for each, session in zip(self.paths, self.sessions, strict=True):
            each.srtp = session._srtp[0]
            each.address = ADDRESS
            each.sendto = self._taker(source.number())
        self.lanes = [self._lane(lane, number, source) for number in range(LANES)]

    def _taker(self, refuses: int) -> Callable[[Any, Any], int]:
        def sendto(data: Any, address: Any) -> int:
            if refuses and data[-1] % 16 == refuses % 31:
                raise _REFUSALS[refuses & 1]
            self.sent.append(bytes(data))
            return len(data)

        return sendto

    def _lane(self, lane: Any, number: int, source: Source) -> Any:
        ids = [source.number() if source.flag() else 0 for _ in range(4)]
        adds = [source.signed(2), source.signed(), source.signed(), source.signed(2)]
        mid = bytes(source.number() for _ in range(1 + source.number() % 16)) if source.flag() else b""
        edit = intern_edit(Edit(*ids, *adds, source.number() if mid else 0, mid))
        path = self.paths[number % len(self.paths)]
        ssrc = number << 24 | source.number(3)
        return lane(path, ssrc, source.number() & 0x7F, edit, 0, source.signed(4), source.signed(4))

    def counters(self) -> list[tuple[int, ...]]:
        """Everything that is counted."""
        paths = [(p.packets, p.octets, p.dropped, p.errors) for p in self.paths]
        return [*paths, *((lane.packets, lane.octets) for lane in self.lanes)]


@contextmanager
def ready() -> Iterator[Feed]:
    """Lanes, then packets and in what order they are sent. Without the compiled twin the other is alone."""
    kinds: list[tuple[Any, Any, Any]] = [(PyFanOut, PyLane, PyPathState)]
    if native.fanout is not None:
        kinds.append((native.fanout.FanOut, native.fanout.Lane, native.fanout.PathState))
    yield lambda data: feed(data, kinds)


def feed(data: bytes, kinds: list[tuple[Any, Any, Any]]) -> None:
    """Byte for byte, in order for each lane."""
    sides = [_play(Source(data), *kind) for kind in kinds]
    for side in sides[1:]:
        for number in range(LANES):
            expected = [sent for sent in sides[0].sent if sent[8] == number]
            assert [sent for sent in side.sent if sent[8] == number] == expected, "the twins differ"
        assert side.counters() == sides[0].counters(), "the twins count differently"


def _play(source: Source, fanout: Any, lane: Any, path: Any) -> Side:
    side = Side(fanout, lane, path, source)
    kept: list[Cargo] = []
    for _ in range(MAX_CARGOS):
        if source.is_empty:
            break
        how = source.number()
        side.now_s += how / 100
        if how % 8 == 7 and kept:
            side.fanout.send(source.pick(kept), source.pick(side.lanes))
        elif how % 8 == 6:
            side.fanout.send_padding(source.pick(side.lanes), source.number(3), source.number(4))
        elif how % 8 == 5:
            side.fanout.flush()
        else:
            cargo = _cargo(source)
            chosen = source.number()
            cargo.lanes = tuple(each for number, each in enumerate(side.lanes) if chosen >> number & 1)
            kept.append(cargo)
            side.fanout.queue(cargo)
    side.fanout.flush()
    return side


def _cargo(source: Source) -> Cargo:
    how = source.number()
    level, orientation = source.take(how & 1), source.take(how >> 1 & 1)
    descriptor = source.take(3 + source.number()) if how & 4 else b""
    payload = source.take(source.number()) * (1 + (how >> 3 & 7))
    cargo = Cargo(source.number(5), source.number(4), how & 0x80, payload, _numbers(payload, how >> 6 & 1))
    cargo.level, cargo.orientation = level, orientation
    if len(descriptor) >= 3:
        cargo.descriptor, cargo.frame_number = descriptor[:255], descriptor[1] << 8 | descriptor[2]
    return cargo


def _numbers(payload: bytes, is_vp9: int) -> numbers.Numbers | None:
    try:
        return vp9.parse(payload).numbers if is_vp9 else vp8.parse(payload).numbers
    except (vp8.Vp8Error, vp9.Vp9Error):
        return None


def _policy(number: int) -> pylibsrtp.Policy:
    policy = pylibsrtp.Policy(
        key=bytes((number,)) * 28,
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return policy
