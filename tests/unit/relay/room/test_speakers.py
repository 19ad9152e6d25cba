"""Who speaks: told when it changes, and to whoever comes in between."""

from __future__ import annotations

from types import SimpleNamespace

from livekit.protocol import models

from confhub.relay.forward.router import SpeakerLevel
from confhub.relay.room.room import Room
from confhub.relay.room.tracks.publication import Publication
from tests.plugins.media_room import Enter, KeptLink


def _heard(link: KeptLink) -> list[tuple[str, bool]]:
    return [(s.sid, s.active) for response in link.responses() for s in response.speakers_changed.speakers]


async def test_somebody_who_joins_hears_of_a_steady_voice_that_began_before(room: Room, enter: Enter) -> None:
    anna, _ = enter("anna")
    hidden, _ = enter("hidden", hidden=True)
    levels = []
    for speaker in (anna, hidden):
        publication = Publication(speaker, models.TrackInfo(type=models.TrackType.AUDIO), [])
        levels.append(SpeakerLevel(SimpleNamespace(owner=publication), 0.5, True))  # type: ignore[arg-type]
    room.speakers.update(levels)
    binh, link = enter("binh")
    room.set_active(binh)
    room.speakers.update(levels)
    assert _heard(link) == [(anna.sid, True)]
