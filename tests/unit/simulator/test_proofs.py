"""Who is seen, proved by payload; and the stage's slots as the signalling tells them."""

from __future__ import annotations

from livekit.protocol import models

from confhub.simulator.clip.encode import FORMATS, PictureFormat, encode, made
from confhub.simulator.fleet.proofs import KnownClips, Watch, fingerprints
from confhub.simulator.rtc import negotiation
from confhub.simulator.rtc.stage import Stage

SMALL = PictureFormat(160, 90, 10, 60_000)
CLIPS = {f"speaker-{hue}": encode(SMALL, 1, 1, hue) for hue in (0, 60, 61)}
CLIPS["other"] = encode(FORMATS["180p"], 1, 1)


def test_sources_differ_by_hue_and_by_size() -> None:
    prints = [fingerprints(clip) for clip in CLIPS.values()]
    assert all(len(found) == 1 for found in prints)
    assert len(set.union(*prints)) == len(CLIPS)
    assert CLIPS["speaker-60"].expected["made"] == made(SMALL, 1, 1, 60)


def test_a_switch_is_noted_when_a_picture_shows_another_source_than_before() -> None:
    known = KnownClips(CLIPS.items())
    crc = {name: next(iter(fingerprints(clip))) for name, clip in CLIPS.items()}
    watch = Watch("H44.001", known)
    for ssrc, what, at, slot in (
        (5, crc["speaker-0"], 1.0, "speaker"),
        (5, crc["speaker-0"], 2.0, "speaker"),
        (5, 12345, 2.5, "speaker"),
        (6, crc["other"], 2.6, ""),
        (5, crc["speaker-60"], 3.0004, "speaker"),
        (9, crc["speaker-60"], 4.0, "speaker"),  # another connection, the same slot
        (9, crc["speaker-0"], 5.0, "speaker"),
    ):
        watch.seen(ssrc, what, at, slot)
    assert [(s.source, s.at_ms, s.slot) for s in known.switches()] == [
        ("speaker-0", 1000, "speaker"),
        ("other", 2600, ""),
        ("speaker-60", 3000, "speaker"),
        ("speaker-0", 5000, "speaker"),
    ]
    assert known.switches(3)[0].room == "H44.001"


def slot(name: str, *, muted: bool) -> models.ParticipantInfo:
    kinds = (models.TrackType.AUDIO, models.TrackType.VIDEO)
    tracks = [models.TrackInfo(sid=f"TR_{name}{kind}", type=kind, muted=muted) for kind in kinds]
    active = models.ParticipantInfo.State.ACTIVE
    return models.ParticipantInfo(sid=f"PA_{name}", identity=f"stage:{name}", state=active, tracks=tracks)


def test_picture_and_sound_are_due_from_slots_that_are_not_empty() -> None:
    stage = Stage()
    own = models.ParticipantInfo(sid="PA_own", identity="room:1")
    stage.begin(own, [slot("chair", muted=True), slot("speaker", muted=True)])
    tracks = {1: "TR_chair0", 2: "TR_chair1", 3: "TR_speaker1", 4: "TR_gone"}
    assert not stage.has_source("video")
    assert not any(stage.due(tracks).values())
    stage.update([slot("chair", muted=False)])
    assert stage.has_source("video")
    assert stage.due(tracks) == {1: True, 2: True, 3: False, 4: False}
    assert [stage.slot_of(sid) for sid in tracks.values()] == ["chair", "chair", "speaker", ""]
    stage.forget_others()
    assert not stage.has_source("audio")


def test_the_answer_says_which_track_is_behind_an_ssrc() -> None:
    head = "v=0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=setup:passive\r\na=fingerprint:sha-256 " + ":".join(
        ["AB"] * 32
    )
    answer = negotiation.read_answer(
        head + "\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\n"
        "a=msid:PA_x|TR_y TR_y\r\na=ssrc:77 cname:c\r\na=ssrc:77 msid:PA_x|TR_y TR_y\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=sendonly\r\na=ssrc:88 msid:PA_x TR_z\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=inactive\r\na=ssrc:99 msid:PA_x TR_w\r\n"
    )
    assert answer.tracks == {77: "TR_y", 88: "TR_z"}
