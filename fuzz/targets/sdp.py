"""SDP: read, written, read again; and what a room takes of answers and candidates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.relay.wire import sdp
from confhub.simulator.rtc import negotiation, signal
from fuzz.law import Feed


@contextmanager
def ready() -> Iterator[Feed]:
    """The input is a description, or a piece of one that is put behind a good start."""
    yield feed


def feed(data: bytes) -> None:
    """Reading what was written gives the same again."""
    text = data.decode(errors="replace")
    for description in (text, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + text):
        with contextlib.suppress(sdp.SdpError):
            first = sdp.parse(description)
            written = sdp.serialize(first)
            second = sdp.parse(written)
            assert [s.mid for s in second.sections] == [s.mid for s in first.sections]
            assert sdp.serialize(sdp.parse(sdp.serialize(second))) == sdp.serialize(second)
        with contextlib.suppress(sdp.SdpError):
            negotiation.read_answer(description)
    negotiation.read_candidate(text)
    signal.candidate_line(text)
