"""SCTP packets: what real stacks send passes, what would keep the association busy is refused."""

from __future__ import annotations

from struct import pack

import pytest
from aiortc.rtcsctptransport import (
    DataChunk,
    ForwardTsnChunk,
    HeartbeatChunk,
    InitChunk,
    ReconfigChunk,
    SackChunk,
    serialize_packet,
)

from confhub.relay.wire import sctp

NEXT_TSN = 100


def packet(kind: int, body: bytes) -> bytes:
    return bytes(12) + pack("!BBH", kind, 0, len(body) + 4) + body + bytes(-len(body) % 4)


def sack(cumulative: int, *gaps: tuple[int, int]) -> bytes:
    return pack("!IIHH", cumulative, 0, len(gaps), 0) + b"".join(pack("!HH", *gap) for gap in gaps)


def test_what_a_stack_sends_passes() -> None:
    init, heartbeat, reset = InitChunk(), HeartbeatChunk(), ReconfigChunk()
    init.params = [(0xC000, b""), (0x8008, b"\xc0\x82")]
    heartbeat.params = [(1, b"12345")]
    reset.params = [(13, bytes(14))]
    forward = ForwardTsnChunk()
    forward.streams = [(1, 2)]
    acknowledgement = SackChunk()
    acknowledgement.cumulative_tsn = 90
    acknowledgement.gaps = [(2, 3), (5, 9)]
    for chunk in (init, heartbeat, reset, forward, acknowledgement):
        assert sctp.check(serialize_packet(1, 2, 3, chunk), NEXT_TSN) is None
    data = DataChunk()
    data.tsn, data.user_data = 77, b"hello"
    assert sctp.check(serialize_packet(1, 2, 3, data), NEXT_TSN) == 77


@pytest.mark.parametrize("kind", [4, 5, 6, 9, 130])
def test_a_parameter_without_length_is_refused(kind: int) -> None:
    with pytest.raises(sctp.SctpError):
        sctp.check(packet(kind, bytes(4)), NEXT_TSN)


@pytest.mark.parametrize("kind", [sctp.INIT, sctp.INIT_ACK])
def test_an_init_with_such_a_parameter_is_refused(kind: int) -> None:
    with pytest.raises(sctp.SctpError):
        sctp.check(packet(kind, bytes(20)), NEXT_TSN)


@pytest.mark.parametrize(
    "body",
    [
        sack(90, (1, 65535)),
        sack(90, (5, 4)),
        sack(90, (1, 5), (5, 6)),
        sack(90, (0, 1)),
        sack(NEXT_TSN),
        sack(90, (1, 2))[:-1],
    ],
    ids=["all there is", "backwards", "overlapping", "itself", "the future", "cut"],
)
def test_a_sack_of_what_was_not_sent_is_refused(body: bytes) -> None:
    with pytest.raises(sctp.SctpError):
        sctp.check(packet(sctp.SACK, body), NEXT_TSN)


def test_a_packet_of_many_chunks_is_refused() -> None:
    head = bytes(12)
    with pytest.raises(sctp.SctpError):
        sctp.check(head + packet(14, b"")[12:] * (sctp.MAX_CONTROL_CHUNKS + 1), NEXT_TSN)
    data = packet(sctp.DATA, bytes(12))[12:]
    with pytest.raises(sctp.SctpError):
        sctp.check(head + data * (sctp.MAX_CHUNKS_PER_PACKET + 1), NEXT_TSN)
