"""What a client's join URL says: v1's join_request, v0's query parameters, both as one JoinWish."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from confhub.relay.room import limits

_SDKS = {
    "js": models.ClientInfo.SDK.JS,
    "swift": models.ClientInfo.SDK.SWIFT,
    "ios": models.ClientInfo.SDK.SWIFT,
    "android": models.ClientInfo.SDK.ANDROID,
    "flutter": models.ClientInfo.SDK.FLUTTER,
    "go": models.ClientInfo.SDK.GO,
    "unity": models.ClientInfo.SDK.UNITY,
    "reactnative": models.ClientInfo.SDK.REACT_NATIVE,
    "rust": models.ClientInfo.SDK.RUST,
    "python": models.ClientInfo.SDK.PYTHON,
    "cpp": models.ClientInfo.SDK.CPP,
    "unityweb": models.ClientInfo.SDK.UNITY_WEB,
    "node": models.ClientInfo.SDK.NODE,
    "esp32": models.ClientInfo.SDK.ESP32,
}


class JoinError(ValueError):
    """The join request cannot be read; the text is for the 400 body."""


@dataclass
class JoinWish:
    """One client's wish to join or resume. `offer` is the publisher offer a v1 join may carry."""

    is_v1: bool
    client: models.ClientInfo
    auto_subscribe: bool = True
    auto_subscribe_data: bool = False
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    tracks: list[rtc.AddTrackRequest] = field(default_factory=list)
    offer: rtc.SessionDescription | None = None
    reconnect: bool = False
    participant_sid: str = ""
    sync_state: rtc.SyncState | None = None


def read(query: Mapping[str, str], *, is_v1: bool) -> JoinWish:
    """Read the URL's query; `is_v1` where its path demands a join_request. Raises JoinError.

    As on a LiveKit server it is the parameter, not the path, that asks for one connection: the Go SDK brings
    it to v0's address.
    """
    text = query.get("join_request", "")
    if is_v1 or text:
        return _read_v1(text)
    return _read_v0(query)


def _read_v1(text: str) -> JoinWish:
    try:
        wrapped = rtc.WrappedJoinRequest.FromString(_base64(text))
        content = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.Compression.GZIP:
            content = _gunzip(content)
        request = rtc.JoinRequest.FromString(content)
    except DecodeError as error:
        raise JoinError("join_request is not a WrappedJoinRequest") from error
    settings = request.connection_settings
    return JoinWish(
        is_v1=True,
        client=request.client_info,
        auto_subscribe=settings.auto_subscribe or not request.HasField("connection_settings"),
        auto_subscribe_data=settings.auto_subscribe_data_track,
        metadata=request.metadata,
        attributes=dict(request.participant_attributes),
        tracks=list(request.add_track_requests)[: limits.TRACKS_PER_PARTICIPANT],
        offer=request.publisher_offer if request.HasField("publisher_offer") else None,
        reconnect=request.reconnect,
        participant_sid=request.participant_sid,
        sync_state=request.sync_state if request.HasField("sync_state") else None,
    )


def _base64(text: str) -> bytes:
    """Base64 in either alphabet, padded or not."""
    plain = text.strip().replace("+", "-").replace("/", "_").replace(" ", "-").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise JoinError("join_request is not base64") from error


def _gunzip(content: bytes) -> bytes:
    """At most JOIN_REQUEST_MAX_BYTES, however small the compressed form is."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(limits.JOIN_REQUEST_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise JoinError("join_request is not gzip as it says") from error
    if len(plain) > limits.JOIN_REQUEST_MAX_BYTES:
        raise JoinError(f"join_request is larger than {limits.JOIN_REQUEST_MAX_BYTES} bytes")
    return plain


def _read_v0(query: Mapping[str, str]) -> JoinWish:
    client = models.ClientInfo(
        sdk=_SDKS.get(query.get("sdk", "").lower(), models.ClientInfo.SDK.UNKNOWN),
        version=query.get("version", ""),
        protocol=_number(query.get("protocol", "")),
        os=query.get("os", ""),
        os_version=query.get("os_version", ""),
        device_model=query.get("device_model", ""),
        browser=query.get("browser", ""),
        browser_version=query.get("browser_version", ""),
        network=query.get("network", ""),
        client_protocol=_number(query.get("client_protocol", "")),
    )
    for name in query.get("capabilities", "").split(","):
        if name.strip().isascii() and name.strip().isdigit():
            client.capabilities.append(_number(name.strip()))  # type: ignore[arg-type]
    return JoinWish(
        is_v1=False,
        client=client,
        auto_subscribe=query.get("auto_subscribe", "1") not in ("0", "false"),
        auto_subscribe_data=query.get("auto_subscribe_data_track", "0") in ("1", "true"),
        reconnect=query.get("reconnect", "") in ("1", "true"),
        participant_sid=query.get("sid", ""),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
