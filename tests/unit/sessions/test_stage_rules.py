"""What differs between the stored stage and the engine, decided without either."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from confhub.engine.types import EngineParticipant, EngineTrack, Source
from confhub.kernel.ids import Identity
from confhub.sessions.stage_rules import (
    Lift,
    Mute,
    MuteAgain,
    PutOn,
    Remove,
    TakeOff,
    Truth,
    differences,
    wanted_of,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MIC = (Source.MICROPHONE,)


def someone(
    identity: str = "room:A",
    *,
    sources: tuple[Source, ...] = (),
    hidden: bool = False,
    tracks: tuple[EngineTrack, ...] = (),
) -> EngineParticipant:
    return EngineParticipant(
        identity=Identity(identity),
        sid="PA_1",
        name=identity,
        connected=True,
        joined_at=NOW,
        last_seen=None,
        can_publish=bool(sources),
        sources=sources,
        hidden=hidden,
        tracks=tracks,
    )


def test_a_grant_that_the_engine_forgot_is_given_again() -> None:
    truth = Truth(grants={"room:A": MIC}, welcome=frozenset({"room:A"}))
    assert differences([someone()], truth, NOW) == [PutOn(Identity("room:A"), MIC)]


def test_a_grant_that_nobody_gave_is_taken() -> None:
    truth = Truth(welcome=frozenset({"room:A"}))
    assert differences([someone(sources=MIC)], truth, NOW) == [TakeOff(Identity("room:A"))]


def test_a_speaker_who_stays_hidden_is_shown() -> None:
    truth = Truth(grants={"room:A": MIC}, welcome=frozenset({"room:A"}))
    assert differences([someone(sources=MIC, hidden=True)], truth, NOW) == [PutOn(Identity("room:A"), MIC)]


def test_who_is_not_welcome_is_sent_out_before_anybody_speaks() -> None:
    truth = Truth(grants={"room:B": MIC}, welcome=frozenset({"room:B"}))
    actions = differences([someone("room:B"), someone("room:A", sources=MIC)], truth, NOW)
    assert actions == [Remove(Identity("room:A")), PutOn(Identity("room:B"), MIC)]


def test_a_stranger_of_somebody_elses_is_let_alone() -> None:
    assert differences([someone("recorder-1", sources=MIC)], Truth(), NOW) == []


def test_who_joined_before_the_room_was_paired_anew_is_sent_out() -> None:
    at = NOW + timedelta(seconds=0.2)
    truth = Truth(grants={"room:A": MIC}, welcome=frozenset({"room:A"}), replaced_at={"room:A": at})
    for joined_at, expected in (
        (at + timedelta(milliseconds=1), []),
        (at - timedelta(milliseconds=1), [Remove(Identity("room:A"))]),
        (NOW, []),  # whole seconds: it may have come after
        (NOW - timedelta(seconds=1), [Remove(Identity("room:A"))]),
    ):
        who = replace(someone(sources=MIC), joined_at=joined_at)
        assert differences([who], truth, NOW) == expected


def muted_truth(*tracks: str, ago_s: float = 60) -> Truth:
    mute = Mute(7, Source.MICROPHONE, tracks, NOW - timedelta(seconds=ago_s))
    return Truth(grants={"room:A": MIC}, mutes={"room:A": [mute]}, welcome=frozenset({"room:A"}))


def with_track(sid: str, *, muted: bool) -> EngineParticipant:
    return someone(sources=MIC, tracks=(EngineTrack(sid, Source.MICROPHONE, muted),))


def test_a_muted_track_that_is_open_again_was_unmuted_by_the_room() -> None:
    truth = muted_truth("TR_1")
    (action,) = differences([with_track("TR_1", muted=False)], truth, NOW)
    assert isinstance(action, Lift)


def test_a_mute_that_does_not_show_yet_is_no_unmuting() -> None:
    assert differences([with_track("TR_1", muted=False)], muted_truth("TR_1", ago_s=1), NOW) == []


def test_a_track_published_anew_is_muted_again() -> None:
    (action,) = differences([with_track("TR_2", muted=False)], muted_truth("TR_1"), NOW)
    assert isinstance(action, MuteAgain)


def test_a_muted_track_is_left_as_it_is() -> None:
    assert differences([with_track("TR_1", muted=True)], muted_truth("TR_1"), NOW) == []


identities = st.sampled_from(["room:A", "room:B", "user:1-abc"])


@given(
    st.dictionaries(identities, st.just(MIC)),
    st.frozensets(identities),
    st.lists(st.tuples(identities, st.booleans()), unique_by=lambda pair: pair[0]),
)
def test_after_the_actions_the_engine_is_as_the_truth(
    grants: dict[str, tuple[Source, ...]], welcome: frozenset[str], present: list[tuple[str, bool]]
) -> None:
    truth = Truth(grants=grants, welcome=welcome)
    room = {name: someone(name, sources=MIC if on else ()) for name, on in present}
    for action in differences(list(room.values()), truth, NOW):
        if isinstance(action, Remove):
            del room[action.identity]
        elif isinstance(action, PutOn):
            room[action.identity] = someone(action.identity, sources=action.sources)
        elif isinstance(action, TakeOff):
            room[action.identity] = someone(action.identity)
    assert set(room) == {name for name, _ in present if name in welcome}
    assert {name for name, who in room.items() if who.can_publish} == set(grants) & set(room)
    assert differences(list(room.values()), truth, NOW) == []


def test_one_participants_wish_covers_removal_grant_and_silence() -> None:
    assert wanted_of(Identity("room:A"), Truth()) == [Remove(Identity("room:A"))]
    assert wanted_of(Identity("room:A"), Truth(welcome=frozenset({"room:A"}))) == [
        TakeOff(Identity("room:A"))
    ]
    assert [type(a) for a in wanted_of(Identity("room:A"), muted_truth())] == [PutOn, MuteAgain]
