"""Data packets: signed by the relay, routed by their destinations, otherwise untouched."""

from __future__ import annotations

from livekit.protocol import models

from confhub.relay.room import limits
from confhub.relay.room.data import datapackets
from confhub.relay.room.participant import Participant
from confhub.relay.room.rates import Bucket
from tests.plugins.media_room import Enter


class KeptData:
    """The data side of Media."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def send_data(self, label: str, payload: bytes) -> bool:
        self.messages.append((label, payload))
        return True

    def packets(self) -> list[models.DataPacket]:
        return [models.DataPacket.FromString(payload) for _, payload in self.messages]


def _listen(participant: Participant) -> KeptData:
    data = KeptData()
    participant.media = data  # type: ignore[assignment]
    return data


async def test_the_sender_is_stated_over_what_it_claims_and_hears_no_echo(enter: Enter) -> None:
    anna, binh = enter("anna")[0], enter("binh")[0]
    own, heard = _listen(anna), _listen(binh)
    packet = models.DataPacket(participant_identity="president", sequence=77)
    packet.user.payload = b"hello"
    packet.user.participant_identity = "president"
    datapackets.route(anna, "_reliable", packet.SerializeToString())
    (got,) = heard.packets()
    assert (got.participant_identity, got.participant_sid) == ("anna", anna.sid)
    assert (got.user.participant_identity, got.user.participant_sid) == ("anna", anna.sid)
    assert (got.sequence, got.user.payload) == (77, b"hello")
    assert not own.messages


async def test_destinations_may_stand_inside_or_outside(enter: Enter) -> None:
    anna, binh, chi = enter("anna")[0], enter("binh")[0], enter("chi")[0]
    _listen(anna)
    to_binh, to_chi = _listen(binh), _listen(chi)
    outside = models.DataPacket(destination_identities=["binh"])
    outside.user.payload = b"1"
    inside = models.DataPacket()
    inside.user.destination_identities.append("chi")
    by_sid = models.DataPacket()
    by_sid.user.destination_sids.append(chi.sid)
    for packet in (outside, inside, by_sid):
        datapackets.route(anna, "_reliable", packet.SerializeToString())
    assert list(to_binh.packets()[0].user.destination_identities) == ["binh"]
    assert len(to_binh.messages) == 1
    assert [list(p.destination_identities) for p in to_chi.packets()] == [["chi"], []]


async def test_streams_and_chat_pass_untouched_but_for_the_sender(enter: Enter) -> None:
    anna, binh = enter("anna")[0], enter("binh")[0]
    heard = _listen(binh)
    chat = models.DataPacket(chat_message=models.ChatMessage(id="1", message="xin chào"))
    chunk = models.DataPacket(stream_chunk=models.DataStream.Chunk(stream_id="s", content=b"\x00\xff"))
    for packet in (chat, chunk):
        datapackets.route(anna, "_lossy", packet.SerializeToString())
    assert [label for label, _ in heard.messages] == ["_lossy", "_lossy"]
    assert heard.packets()[0].chat_message == chat.chat_message
    assert heard.packets()[1].stream_chunk == chunk.stream_chunk


async def test_a_hidden_sender_stays_unnamed(enter: Enter) -> None:
    ghost, binh = enter("ghost", hidden=True)[0], enter("binh")[0]
    heard = _listen(binh)
    packet = models.DataPacket(user=models.UserPacket(payload=b"boo"))
    datapackets.route(ghost, "_reliable", packet.SerializeToString())
    assert heard.packets()[0].participant_identity == ""


async def test_without_the_right_or_malformed_nothing_passes(enter: Enter) -> None:
    mute, anna, binh = enter("mute", can_publish_data=False)[0], enter("anna")[0], enter("binh")[0]
    heard = _listen(binh)
    packet = models.DataPacket(user=models.UserPacket(payload=b"x")).SerializeToString()
    datapackets.route(mute, "_reliable", packet)
    datapackets.route(anna, "_reliable", b"\xff\xff\xff")
    datapackets.route(anna, "unknown label", packet)
    assert not heard.messages


def test_a_bucket_allows_its_burst_and_then_its_rate() -> None:
    bucket = Bucket.for_data()
    allowed = sum(bucket.take(10.0) for _ in range(limits.DATA_BURST + 500))
    assert (allowed, bucket.refused) == (limits.DATA_BURST, 500)
    assert (
        sum(bucket.take(10.5) for _ in range(limits.DATA_MESSAGES_PER_S)) == limits.DATA_MESSAGES_PER_S // 2
    )
