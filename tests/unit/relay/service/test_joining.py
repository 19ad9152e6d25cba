"""Join requests in a URL: read in both versions, refused in words whatever they hold."""

import base64
import contextlib
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from confhub.relay.room import limits
from confhub.relay.service import joining
from confhub.relay.service.joining import JoinError


def _query(request: rtc.JoinRequest, *, compressed: bool) -> dict[str, str]:
    content = request.SerializeToString()
    wrapped = rtc.WrappedJoinRequest(join_request=gzip.compress(content) if compressed else content)
    if compressed:
        wrapped.compression = rtc.WrappedJoinRequest.Compression.GZIP
    return {"join_request": base64.urlsafe_b64encode(wrapped.SerializeToString()).decode().rstrip("=")}


@pytest.mark.parametrize("compressed", [True, False])
def test_a_v1_request_is_read_with_offer_and_tracks(compressed: bool) -> None:
    request = rtc.JoinRequest(
        client_info=models.ClientInfo(sdk="JS", protocol=17),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
        publisher_offer=rtc.SessionDescription(type="offer", sdp="v=0", id=4),
        add_track_requests=[rtc.AddTrackRequest(cid="c")],
    )
    wish = joining.read(_query(request, compressed=compressed), is_v1=True)
    assert wish.offer is not None
    assert (wish.offer.id, wish.tracks[0].cid, wish.auto_subscribe) == (4, "c", True)
    assert wish.client.protocol == 17


def test_a_join_request_asks_for_one_connection_at_either_address() -> None:
    """LiveKit's Go SDK brings it to v0's."""
    request = rtc.JoinRequest(client_info=models.ClientInfo(sdk="GO", protocol=17))
    assert joining.read(_query(request, compressed=True), is_v1=False).is_v1


def test_a_v0_resume_is_read_from_its_parameters() -> None:
    query = {"sdk": "js", "protocol": "17", "reconnect": "1", "sid": "PA_x", "auto_subscribe": "0"}
    wish = joining.read(query, is_v1=False)
    assert (wish.reconnect, wish.participant_sid, wish.auto_subscribe) == (True, "PA_x", False)
    assert wish.client.sdk == models.ClientInfo.SDK.JS


def test_a_small_text_cannot_unpack_into_a_large_one() -> None:
    bomb = gzip.compress(b"\0" * (limits.JOIN_REQUEST_MAX_BYTES + 1))
    wrapped = rtc.WrappedJoinRequest(join_request=bomb)
    wrapped.compression = rtc.WrappedJoinRequest.Compression.GZIP
    text = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    with pytest.raises(JoinError, match="larger"):
        joining.read({"join_request": text}, is_v1=True)


@given(
    st.one_of(
        st.text(max_size=200), st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode())
    )
)
def test_any_text_is_read_or_refused_as_a_join_error(text: str) -> None:
    with contextlib.suppress(JoinError):
        joining.read({"join_request": text}, is_v1=True)


@given(
    st.dictionaries(st.sampled_from(["protocol", "sdk", "capabilities", "reconnect"]), st.text(max_size=30))
)
def test_any_v0_parameters_are_read(query: dict[str, str]) -> None:
    assert joining.read(query, is_v1=False).is_v1 is False
