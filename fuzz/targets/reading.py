"""The twins of the rooms' packet reading: the same packets give the same counts, verdicts and feedback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from confhub.relay.wire import rtcp
from confhub.simulator.native import ReceiverMissing, choose
from confhub.simulator.rtc.feedback import Feedback, read_feedback
from fuzz.law import Feed
from fuzz.source import Source

MAX_TURNS = 96
_TYPES = {96: "video", 111: "audio"}
_NUMBERS = (96, 96 | 0x80, 96, 96 | 0x80, 111, 111, 97, 0)
_PAYLOADS = (
    b"\x90\x80\x05\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00",
    b"\x10\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00",
)


@contextmanager
def ready() -> Iterator[Feed]:
    """Packets, passing time and questions. Without the compiled twin the other is alone."""
    twins = [choose("python")]
    with suppress(ReceiverMissing):
        twins.append(choose("compiled"))
    yield lambda data: feed(data, twins)


def feed(data: bytes, twins: list[Any]) -> None:
    """All that can be seen of them is the same."""
    told = [_play(Source(data), twin.receiver(1, _TYPES)) for twin in twins]
    for other in told[1:]:
        assert len(other) == len(told[0])
        for mine, theirs in zip(told[0], other, strict=True):
            assert mine == theirs, "the twins differ"


def _play(source: Source, receiver: Any) -> list[Any]:
    seen: list[Any] = []
    now_s, seq = 10.0, 65500
    for _ in range(MAX_TURNS):
        if source.is_empty:
            break
        how = source.number()
        now_s += (how >> 4) / 16
        if how & 15 < 11:
            seq += source.signed() if how & 1 else 1
            packet = _packet(source, seq & 0xFFFF)
            seen.append(receiver.rtp(packet, len(packet), now_s))
        elif how & 15 == 11:
            seen.append(receiver.urgent(now_s))
        elif how & 15 == 12:
            seen.append(receiver.regular(now_s, "x"))
        elif how & 15 == 13:
            due = {source.number() & 3: source.flag() for _ in range(source.number() & 3)}
            receiver.sources(due, source.flag(), source.flag(), now_s)
        elif how & 15 == 14:
            feedback = Feedback()
            with suppress(rtcp.RtcpError):
                feedback = read_feedback(_compound(source))
            receiver.on_rtcp(feedback, now_s)
        seen.append((receiver.totals(), receiver.ignored, receiver.attention))
    seen.append(receiver.verdict(now_s))
    return seen


def _packet(source: Source, seq: int) -> bytearray:
    how = source.number()
    first = 0x80 | how & 0x30 | (how & 1)
    head = bytes((first, source.pick(_NUMBERS))) + seq.to_bytes(2, "big") + source.number().to_bytes(4, "big")
    payload = source.pick(_PAYLOADS) if how & 8 else source.take(source.number() & 63)
    whole = head + bytes(3) + bytes((source.number() & 3 if how & 6 else source.number(),)) + payload
    return bytearray(whole[: 1 + source.number()] if how & 0xC0 == 0xC0 else whole)


def _compound(source: Source) -> bytes:
    kind, ssrc = source.pick((200, 203, 201)), source.number() & 3
    body = ssrc.to_bytes(4, "big") + source.take(24).ljust(24, b"\0")
    return bytes((0x80 | (kind == 203), kind)) + (len(body) // 4).to_bytes(2, "big") + body
