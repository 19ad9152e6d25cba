"""The join request in a client's URL: base64, gzip (bombs too), protobuf, and v0's query."""

from __future__ import annotations

import base64
import contextlib
import gzip
from collections.abc import Iterator
from contextlib import contextmanager

from livekit.protocol import rtc

from confhub.relay.room import limits
from confhub.relay.service import joining
from fuzz.law import Feed
from fuzz.source import Source

_NAMES = (
    "sdk", "version", "protocol", "os", "capabilities", "auto_subscribe", "reconnect", "sid", "network",
    "client_protocol", "auto_subscribe_data_track", "join_request",
)  # fmt: skip

_BOMB_BYTES = 4 * limits.JOIN_REQUEST_MAX_BYTES


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: how deep the input lies."""
    yield feed


def feed(data: bytes) -> None:
    """A wish, or JoinError."""
    source = Source(data)
    how = source.number() % 6
    with contextlib.suppress(joining.JoinError):
        if how == 0:
            query = {source.pick(_NAMES): source.piece().decode(errors="replace") for _ in range(6)}
            wish = joining.read(query, is_v1=source.flag())
        else:
            wish = joining.read({"join_request": _text(how, source)}, is_v1=True)
        assert len(wish.tracks) <= limits.TRACKS_PER_PARTICIPANT
        assert wish.offer is None or len(wish.offer.sdp) <= limits.JOIN_REQUEST_MAX_BYTES


def _text(how: int, source: Source) -> str:
    if how == 1:
        return source.rest().decode(errors="replace")
    if how == 2:
        wrapped = source.rest()
    elif how == 3:
        wrapped = _wrapped(source.rest(), zipped=source.flag())
    elif how == 4:
        wrapped = _wrapped(gzip.compress(source.rest(), 1), zipped=True)
    else:
        times = _BOMB_BYTES >> source.number() % 16
        wrapped = _wrapped(gzip.compress(source.rest()[:1] * times, 1), zipped=True)
    return base64.urlsafe_b64encode(wrapped).decode()


def _wrapped(content: bytes, *, zipped: bool) -> bytes:
    kind = rtc.WrappedJoinRequest.Compression.GZIP if zipped else rtc.WrappedJoinRequest.Compression.NONE
    return rtc.WrappedJoinRequest(join_request=content, compression=kind).SerializeToString()
