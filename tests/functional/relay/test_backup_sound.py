"""A sound in two codecs: the second one is asked for when somebody takes nothing else."""

from __future__ import annotations

import asyncio

import aiohttp
from livekit.protocol import models, rtc

from confhub.relay.service.server import Relay
from confhub.relay.wire import rtp
from tests.functional.relay.clients import token
from tests.functional.relay.handmade import AUDIO, HandmadePerson
from tests.functional.relay.ways import UDP_ONLY

pytestmark = UDP_ONLY

MICROPHONE = models.TrackSource.MICROPHONE


async def _speak(other: HandmadePerson, ssrc: int, pt: int, step: int) -> None:
    """Packets whose sound nobody decodes here."""
    seq = 0
    while True:
        other.publisher.send_rtp(
            rtp.build(pt=pt, seq=seq, timestamp=seq * step, ssrc=ssrc, payload=b"%d" % pt)
        )
        seq += 1
        await asyncio.sleep(0.02)


async def test_pcmu_is_asked_for_and_added_under_the_same_sid(relay: Relay) -> None:
    async with (
        aiohttp.ClientSession() as http,
        HandmadePerson(http, relay.port, relay.udp_port, token("speaker")) as speaker,
        HandmadePerson(http, relay.port, relay.udp_port, token("modern"), takes=("opus",)) as modern,
        HandmadePerson(http, relay.port, relay.udp_port, token("phone"), takes=("pcmu",)) as phone,
    ):
        declared = [{"codec": "opus", "cid": "audio-0"}, {"codec": "pcmu"}]
        ssrc, sid = await speaker.publish(
            "audio",
            MICROPHONE,
            codecs={111: AUDIO[111]},
            simulcast_codecs=declared,
            backup_codec_policy="SIMULCAST",
        )
        speaker.tasks.append(asyncio.create_task(_speak(speaker, ssrc, 111, 960)))
        update = await speaker.told(
            "subscribed_audio_codec_update",
            lambda u: any(c.enabled and c.codec == "pcmu" for c in _wishes(u)),
        )
        assert update.track_sid == sid
        added = [{"codec": "pcmu", "cid": "audio-1"}]
        second, same_sid = await speaker.publish(
            "audio", MICROPHONE, codecs={0: AUDIO[0]}, simulcast_codecs=added, sid=sid
        )
        assert same_sid == sid
        speaker.tasks.append(asyncio.create_task(_speak(speaker, second, 0, 160)))
        for viewer, pt, text in ((modern, 111, b"111"), (phone, 0, b"0")):
            packets = await viewer.packets(sid, 10)
            real = [p[view.payload_at : view.payload_end] for view, p in packets if view.pt == pt]
            assert text in real
            assert {p for p in real if len(p) < 4 and p.isdigit()} == {text}
        (room,) = relay.rooms.all()
        found = room.publication(sid)
        assert found is not None
        assert [codec.mime_type for codec in found.info.codecs] == ["audio/opus", "audio/PCMU"]


async def test_a_viewer_that_was_refused_gets_a_codec_that_is_added_later(relay: Relay) -> None:
    async with (
        aiohttp.ClientSession() as http,
        HandmadePerson(http, relay.port, relay.udp_port, token("speaker")) as speaker,
        HandmadePerson(http, relay.port, relay.udp_port, token("phone"), takes=("pcmu",)) as phone,
    ):
        _, sid = await speaker.publish("audio", MICROPHONE, codecs={111: AUDIO[111]})
        refused = await phone.told("subscription_response", lambda response: response.track_sid == sid)
        assert refused.err == models.SubscriptionError.SE_CODEC_UNSUPPORTED
        added = [{"codec": "pcmu", "cid": "audio-1"}]
        ssrc, _ = await speaker.publish(
            "audio", MICROPHONE, codecs={0: AUDIO[0]}, simulcast_codecs=added, sid=sid
        )
        speaker.tasks.append(asyncio.create_task(_speak(speaker, ssrc, 0, 160)))
        packets = await phone.packets(sid, 10)
        assert packets[-1][1].endswith(b"0")


def _wishes(update: rtc.SubscribedAudioCodecUpdate) -> list[models.SubscribedAudioCodec]:
    return list(update.subscribed_audio_codecs)
