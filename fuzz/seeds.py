"""Well-formed inputs to begin with, made of the recorded session: `python -m fuzz.seeds [FOLDER]`."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from livekit.protocol import models, rtc
from livekit.protocol import room as api
from livekit.protocol.webhook import WebhookEvent

import confhub
from confhub.relay.wire import rtcp
from confhub.simulator.clip.encode import FORMATS, encode
from endpoints.clip import container
from fuzz.binding import binding_request
from fuzz.recording import DATAGRAM, RTCP, RTP, SCTP, SIGNAL, Record, load
from fuzz.source import packed

Seeds = Iterator[tuple[str, bytes]]
_ENTRY = {"seq": 1, "at": "2026-03-02T01:00:00.000Z", "event": "present", "session": 7, "connection": "own-1"}
_HELLO = {"type": "hello", "version": "1", "mode": "kiosk", "state": "idle", "session": None, "log": [_ENTRY]}
_DIARY = {"code": "A", "session": 7, "from": "2026-03-02T01:00:00+00:00", "to": "2026-03-02T02:00:00+00:00"}
_TO_ROOMS: tuple[dict[str, object], ...] = (
    {"type": "welcome", "endpoint": {"id": 1, "code": "A", "name": "B"}, "heartbeat_s": 15, "log_through": 3},
    {"type": "heartbeat_ack", "log_through": 3, "hub_time": "2026-03-02T01:00:00.000Z"},
    {"type": "call", "session": {"id": 7, "title": "x"}, "media": {"url": "ws://h", "token": "t"}},
    {"type": "floor", "session": 7, "granted": True, "token": "t"},
    {"type": "mute", "session": 7},
    {"type": "leave", "session": 7, "reason": "ended"},
    {"code": "A", "credential": "abc"},
    {"seed": 1, "epoch": 0, "faults": [{"from_s": 1, "to_s": 3, "kind": "loss", "percent": 5, "way": "up"}]},
)


def seeds() -> Seeds:
    """(target, input)."""
    records = load()
    for record in records:
        yield from _of_record(record)
    offers = [offer for record in records if (offer := _offer(record)) is not None]
    yield from _stun()
    yield from _joins(offers)
    yield from _sequences(records)
    yield from _json()
    yield (
        "imports",
        b"\0" + (Path(confhub.__file__).parent / "registry/data/phutho-2020.csv").read_bytes()[:1500],
    )
    yield "imports", b"\x02" + packed(*(b"<xml/>" * 3 for _ in range(6)))
    yield "hub_rooms", b"\x09" + container.dump(encode(FORMATS["180p"], 1, 1))[:2000]


def _of_record(record: Record) -> Seeds:
    data = record.data
    if record.kind == DATAGRAM and data[0] < 4:
        yield "stun", b"\0" + data
        yield "stun", b"\1" + data[20:]
    elif record.kind == RTP:
        yield "rtp", data
        yield "packet", b"\1" + data
        yield "codecs", b"\0\1\1\1" + data[12:400]
        yield "codecs", b"\0\1\1\1" + data[20:400]
    elif record.kind == RTCP:
        yield "rtcp", b"\1" + data
        yield "receiver", b"\x08" + data
    elif record.kind == SIGNAL:
        yield "signal", b"\0\0" + packed(data)
        offer = _offer(record)
        if offer is not None:
            yield "sdp", offer.encode()


def _offer(record: Record) -> str | None:
    if record.kind != SIGNAL:
        return None
    request = rtc.SignalRequest.FromString(record.data)
    return request.offer.sdp or request.answer.sdp or None


def _stun() -> Seeds:
    request = binding_request(bytes(12), "abcd:efgh", b"password", use_candidate=True)
    for how in (0, 1, 2):
        yield "stun", bytes((how,)) + (request if how == 0 else request[20:])
    reports = (rtcp.ReportBlock(1, 2, 3, 4, 5, 6, 7),)
    parts = [
        rtcp.build_sr(rtcp.SenderReport(1, 2, 3, 4, 5, reports)), rtcp.build_rr(1, reports),
        rtcp.build_sdes(1, "name"), rtcp.build_bye([1, 2]), rtcp.build_nack(1, 2, [3, 4, 40]),
        rtcp.build_pli(1, 2), rtcp.build_remb(1, 10**6, [2]),
        bytes.fromhex("84ce0004000000010000000000000002 03000000"),  # a full intra request
    ]  # fmt: skip
    for part in (*parts, b"".join(parts)):
        yield "rtcp", b"\1" + part
        yield "receiver", b"\x08" + part


def _joins(offers: list[str]) -> Seeds:
    for number, text in enumerate(offers):
        request = rtc.JoinRequest(
            client_info=models.ClientInfo(sdk=models.ClientInfo.SDK.PYTHON, protocol=17),
            connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
            publisher_offer=rtc.SessionDescription(type="offer", sdp=text),
            reconnect=number % 2 == 1,
            participant_sid="PA_x",
        ).SerializeToString()
        wrapped = rtc.WrappedJoinRequest(
            join_request=gzip.compress(request), compression=rtc.WrappedJoinRequest.Compression.GZIP
        )
        yield "join", b"\1" + base64.urlsafe_b64encode(wrapped.SerializeToString())
        yield "join", b"\2" + wrapped.SerializeToString()
        yield "join", b"\3\0" + request
        yield "join", b"\4" + request


def _sequences(records: list[Record]) -> Seeds:
    """Several messages of one client in a row, as the targets with a state take them."""
    for client in (0, 1):
        own = [record for record in records if record.client == client]
        handshake = [r.data for r in own if r.kind == DATAGRAM and 20 <= r.data[0] < 64]
        yield "dtls", packed(*(b"\0" + data for data in handshake[:6]))
        chunks = [r.data[12:] for r in own if r.kind == SCTP]
        yield "sctp", packed(*(b"\1" + chunk for chunk in chunks[:12]))
        for chunk in chunks:
            yield "sctp", packed(b"\1" + chunk)
        requests = [r.data for r in own if r.kind == SIGNAL]
        yield "signal", bytes((client,)) + b"".join(b"\0" + packed(data) for data in requests[:14])
    for codec in range(16):
        yield "media", bytes((codec,)) + b"".join(_media(number) for number in range(40))


def _media(number: int) -> bytes:
    """A packet as `targets.media` reads it: pause, kind, sequence, source, head, type, size, bytes."""
    body = bytes((0x90, 0xF0, 0x80, number, number, number & 31, 0x10, 1, 2, 3))
    if number % 7 == 6:
        return bytes((3, 7, 0))
    if number % 5 == 4:
        return bytes((3, 5 + number % 2, 1, 1, 0, 8)) + bytes(8) + b"\1"
    kind, source = (2, 0) if number % 3 == 0 else (0, 2)
    return bytes((2, 0, number, source, 0, kind, len(body))) + body + bytes((number & 1,))


def _json() -> Seeds:
    yield "rooms_hub", json.dumps(_HELLO).encode()
    yield "rooms_hub", json.dumps({**_HELLO, "type": "heartbeat"}).encode()
    yield "rooms_hub", b'{"type":"pong"}'
    yield "rooms_hub", b"\n".join(json.dumps({**_DIARY, "connection": name}).encode() for name in "ab")
    for reader in range(12):
        for message in _TO_ROOMS:
            yield "hub_rooms", bytes((reader,)) + json.dumps(message).encode()
    claims: dict[str, object] = {
        "iss": "key", "sub": "anna", "exp": 1_800_000_000, "nbf": 0, "name": "x", "attributes": {"a": "b"},
        "video": {"room": "hall", "roomJoin": True, "canPublish": False, "canPublishSources": ["camera"]},
    }  # fmt: skip
    yield "tokens", b"\1" + json.dumps(claims).encode()
    yield "tokens", b"\2" + packed(b'{"alg":"HS256"}') + json.dumps(claims).encode()
    event = WebhookEvent(event="participant_joined", id="EV_1", created_at=1_700_000_000)
    event.room.name, event.participant.identity, event.participant.joined_at = "hall", "room:1", 1_700_000_000
    event.participant.attributes["confhub.last_seen_ms"] = "1700000000000"
    yield "webhook", b"\1" + json.dumps({"event": "participant_left", "createdAt": "1700000000"}).encode()
    yield "webhook", b"\2" + event.SerializeToString()
    create = api.CreateRoomRequest(name="hall", metadata="x").SerializeToString()
    for method in range(20):
        yield "twirp", bytes((method, 1, 0)) + packed(create) + b"\0"
        yield "twirp", bytes((method, 0, 1, 4, 0, 0, 0, 1, 1, 2, 2)) + b"\0"
        yield "twirp", bytes((method, 0, 2)) + bytes(range(40))


def main(folder: Path) -> int:
    """Write them, one folder for each target; return how many."""
    count = 0
    for target, data in seeds():
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / sha256(data).hexdigest()[:12]).write_bytes(data)
        count += 1
    return count


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1] if len(sys.argv) > 1 else '.fuzz/corpus'))} inputs\n")
