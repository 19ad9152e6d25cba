"""Firefox's own offers (ESR 153, livekit-client 2.23, one connection), as recorded: sections without a port
of their own, and tracks under names that add_track never heard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from livekit.protocol import models, rtc

from confhub.relay.room import handlers
from confhub.relay.room.negotiation.media import SingleMedia
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room
from confhub.relay.wire import sdp
from tests.plugins.media_room import Enter, KeptLink

pytestmark = pytest.mark.sockets

_RECORDED = Path(__file__).with_name("firefox")
_VIDEO, _AUDIO = models.TrackType.VIDEO, models.TrackType.AUDIO


@pytest.fixture
async def open_room(room: Room) -> AsyncIterator[Room]:
    """With a socket behind its transports."""
    await room.host.mux.open("127.0.0.1", 0)
    yield room
    for participant in list(room.participants.values()):
        room.leave(participant, models.DisconnectReason.CLIENT_INITIATED)
    await room.host.mux.close()


def _offer(
    participant: Participant, link: KeptLink, recording: str, *, stopped: str = ""
) -> sdp.SessionDescription:
    """What the relay answers to that recorded offer, in which the section of that mid sends no more."""
    if participant.media is None:
        assert participant.room is not None
        participant.media = SingleMedia(participant.room, participant)
    head, *blocks = re.split("(?m)^(?=m=)", (_RECORDED / f"{recording}.sdp").read_text())
    for index, block in enumerate(blocks):
        if f"a=mid:{stopped}\n" in block:
            blocks[index] = re.sub("(?m)^a=msid:.*\n", "", block.replace("a=sendonly", "a=inactive"))
    offer = rtc.SessionDescription(type="offer", sdp=head + "".join(blocks))
    handlers.handle(participant, rtc.SignalRequest(offer=offer))
    answers = [response.answer for response in link.responses() if response.HasField("answer")]
    return sdp.parse(answers[-1].sdp)


def _add(participant: Participant, cid: str, kind: models.TrackType, **fields: object) -> None:
    request = rtc.AddTrackRequest(cid=cid, type=kind, name=cid, **fields)
    handlers.handle(participant, rtc.SignalRequest(add_track=request))


def _published(participant: Participant) -> dict[str, str]:
    """The name of what is published in each section."""
    return {str(p.mid): p.info.name for p in participant.publications.values()}


async def test_every_section_that_shares_a_port_is_free_for_subscriptions(
    open_room: Room, enter: Enter
) -> None:
    anna, anna_link = enter("anna")
    binh, binh_link = enter("binh")
    idle = _offer(binh, binh_link, "joining")
    assert all(section.port for section in idle.sections)
    for number in range(3):
        _add(anna, f"picture {number}", _VIDEO)
    _offer(anna, anna_link, "three_pictures")
    open_room.announcer.flush(open_room.host.now())
    answer = _offer(binh, binh_link, "joining")
    sending = [section.mid for section in answer.sections if section.direction == "sendonly"]
    assert sending == ["3", "4", "5"]


async def test_pictures_published_at_once_are_told_apart_by_the_order_of_their_add_track(
    open_room: Room, enter: Enter
) -> None:
    anna, link = enter("anna")
    for number in range(3):
        _add(anna, f"picture {number}", _VIDEO)
    answer = _offer(anna, link, "three_pictures")
    assert _published(anna) == {"7": "picture 0", "8": "picture 1", "9": "picture 2"}
    assert [s.mid for s in answer.sections if s.direction == "recvonly"] == ["7", "8", "9"]
    sids = set(anna.publications)
    _offer(anna, link, "three_pictures")
    assert set(anna.publications) == sids


async def test_sound_and_simulcast_picture_find_their_sections_in_any_order(
    open_room: Room, enter: Enter
) -> None:
    anna, link = enter("anna")
    _add(anna, "microphone", _AUDIO)
    layers = [models.VideoLayer(quality=quality) for quality in (0, 1, 2)]  # type: ignore[arg-type]
    _add(anna, "camera", _VIDEO, layers=layers)
    answer = _offer(anna, link, "simulcast")
    assert _published(anna) == {"7": "camera", "8": "microphone"}
    camera = answer.section("7")
    assert camera is not None
    assert camera.simulcast_recv == ["q", "h", "f"]


async def test_a_track_published_again_takes_the_section_that_is_offered_then(
    open_room: Room, enter: Enter
) -> None:
    anna, link = enter("anna")
    _add(anna, "picture", _VIDEO)
    _offer(anna, link, "three_pictures")
    assert _published(anna) == {"7": "picture"}
    _add(anna, "picture", _VIDEO)
    _offer(anna, link, "three_pictures", stopped="7")
    assert _published(anna) == {"8": "picture"}


async def test_a_section_that_nothing_was_declared_for_waits_and_takes_no_other_kind(
    open_room: Room, enter: Enter
) -> None:
    anna, link = enter("anna")
    _add(anna, "microphone", _AUDIO)
    _offer(anna, link, "three_pictures")
    assert _published(anna) == {}
    _add(anna, "late picture", _VIDEO)
    _offer(anna, link, "three_pictures")
    assert _published(anna) == {"7": "late picture"}
