"""Frames of RFC 4571, however the stream is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.relay.wire.framing import MAX_FRAME_BYTES, Deframer, FrameError, frame


@given(st.lists(st.binary(max_size=300), max_size=12), st.lists(st.integers(0, 900), max_size=8))
def test_packets_come_out_as_they_went_in_however_the_stream_is_cut(
    packets: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(map(frame, packets))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    deframer = Deframer()
    found = [p for a, b in pairwise(edges) for p in deframer.feed(stream[a:b])]
    assert found == [packet for packet in packets if packet]


def test_a_length_beyond_the_cap_is_refused_before_its_bytes_come() -> None:
    deframer = Deframer()
    assert deframer.feed(frame(bytes(MAX_FRAME_BYTES))) == [bytes(MAX_FRAME_BYTES)]
    with pytest.raises(FrameError):
        deframer.feed((MAX_FRAME_BYTES + 1).to_bytes(2, "big"))


@given(st.binary(max_size=5000))
def test_any_stream_is_cut_or_refused(stream: bytes) -> None:
    try:
        packets = Deframer().feed(stream)
    except FrameError:
        return
    assert sum(map(len, packets)) <= len(stream)
