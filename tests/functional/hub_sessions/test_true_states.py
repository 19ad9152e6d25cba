"""What the control room is told is what is known: machines that are off, rooms that are not heard, hands of
rooms that are gone, who is really shown, screens, and who leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from confhub.audit.models import AuditRow
from confhub.db.database import Tx
from confhub.engine.types import EngineTrack, EventKind, Source
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.registry.models import CredentialRow, EndpointStatusRow
from confhub.sessions import absence, presence
from confhub.sessions.errors import NotConnected, NotInSession, NotOnStage, SessionNotOpen
from confhub.sessions.models import SessionEndpoint, SessionPerson
from confhub.sessions.values import LiveRow, SessionState, StageEntry
from tests.plugins.sessions import (
    CHAIR,
    DISTRICT_ORGANIZER,
    ORGANIZER,
    VIEWER,
    Hub,
    principal,
)

TQ, H1, H2, P0 = (Identity(f"room:{code}") for code in ("TQ", "H1", "H2", "P0"))


async def row_of(hub: Hub, session: SessionId, code: str = "H1") -> LiveRow:
    return next(row for row in (await hub.live.snapshot(ORGANIZER, session)).rows if row.code == code)


async def silence(hub: Hub, session: SessionId, *identities: Identity) -> None:
    """The engine hears nothing from these, since now."""
    async with hub.db.transaction() as tx:
        await presence.note_silence(tx, session, dict.fromkeys(identities, hub.clock.now()))


async def switch_off(tx: Tx, endpoint_id: int, hub: Hub) -> None:
    off = update(EndpointStatusRow).where(EndpointStatusRow.endpoint_id == endpoint_id)
    await tx.execute(off.values(online_since=None, last_seen_at=hub.clock.now()))


@pytest.mark.both_databases
async def test_a_room_that_was_never_paired_is_told_as_that_and_not_as_called(hub: Hub) -> None:
    async with hub.db.transaction() as tx:
        await tx.execute(delete(CredentialRow).where(CredentialRow.endpoint_id == 3))
    session = await hub.in_lobby()
    assert (await row_of(hub, session)).state == "unpaired"


@pytest.mark.both_databases
async def test_a_room_whose_machine_is_off_is_told_as_off_since_it_was_last_heard_of(hub: Hub) -> None:
    off_at = hub.clock.now()
    async with hub.db.transaction() as tx:
        await switch_off(tx, 3, hub)
    hub.clock.advance(3600)
    session = await hub.in_lobby()
    row = await row_of(hub, session)
    assert (row.state, row.state_since) == ("off", off_at)
    counts = (await hub.live.snapshot(ORGANIZER, session)).total.states
    assert (counts["off"], counts["called"]) == (1, 3)


async def test_a_machine_that_is_switched_on_late_counts_as_called_when_it_comes(hub: Hub) -> None:
    session = await hub.in_lobby()
    hub.clock.advance(600)
    await hub.call_of(3)
    row = await row_of(hub, session)
    assert (row.state, row.state_since) == ("called", hub.clock.now())
    assert (await row_of(hub, session, "H2")).called_at == hub.clock.now() - timedelta(seconds=600)


async def test_after_the_end_nobody_is_being_called(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.sessions.end(ORGANIZER, session)
    assert await hub.states(session) == {
        "TQ": "absent", "P0": "absent", "H1": "left", "H2": "absent", "X1": "absent",
    }  # fmt: skip


async def test_a_room_that_is_not_heard_is_told_so_and_since_when_until_it_is_heard_again(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await silence(hub, session, H1)
    row = await row_of(hub, session)
    assert (row.state, row.silent_since) == ("joined", hub.clock.now()), "its line may come back"
    await silence(hub, session)
    assert (await row_of(hub, session)).silent_since is None


async def test_who_is_not_heard_cannot_be_given_the_floor_nor_prepared(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2)
    await hub.control.raise_hand(principal(3), session)
    await hub.control.raise_hand(principal(4), session)
    await silence(hub, session, H1)
    for refused in (hub.control.give_floor, hub.control.prepare):
        with pytest.raises(NotConnected):
            await refused(ORGANIZER, session, H1)
    assert not (await row_of(hub, session)).on_deck
    given = await hub.control.give_floor_to_next(ORGANIZER, session)
    assert given is not None
    assert given.identity == H2


@pytest.mark.both_databases
async def test_a_hand_of_a_room_that_is_gone_is_told_as_that_and_comes_down_after_a_minute(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.control.raise_hand(principal(3), session)
    await silence(hub, session, H1)
    gone_at = hub.clock.now()
    (hand,) = (await hub.live.snapshot(ORGANIZER, session)).floor
    assert hand.away_since == gone_at
    hub.clock.advance(absence.ABSENT.total_seconds())
    await absence.retire(hub.db, session, hub.clock.now())
    assert len((await hub.live.snapshot(ORGANIZER, session)).floor) == 1
    hub.clock.advance(1)
    await absence.retire(hub.db, session, hub.clock.now())
    assert (await hub.live.snapshot(ORGANIZER, session)).floor == ()


async def test_a_hand_of_a_room_that_came_back_in_time_stays_up(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.control.raise_hand(principal(3), session)
    await hub.tell(session, EventKind.ABORTED, H1, f"PA_{H1}", last_seen=hub.clock.now())
    hub.clock.advance(50)
    await hub.tell(session, EventKind.JOINED, H1, "PA_2")
    hub.clock.advance(30)
    await absence.retire(hub.db, session, hub.clock.now())
    (hand,) = (await hub.live.snapshot(ORGANIZER, session)).floor
    assert hand.away_since is None


async def test_on_stage_is_who_is_shown_and_the_others_wait_with_the_floor(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, TQ, P0, H1, H2)
    for identity in (P0, H1, H2):
        await hub.control.give_floor(ORGANIZER, session, identity)
        hub.clock.advance(1)
    rows = {row.code: row for row in (await hub.live.snapshot(ORGANIZER, session)).rows}
    assert {code for code, row in rows.items() if row.on_stage} == {"TQ", "H2"}
    assert {code for code, row in rows.items() if row.has_floor} == {"P0", "H1"}
    assert [entry.shown for entry in (await hub.live.snapshot(ORGANIZER, session)).stage] == [
        True, True, False, False,
    ]  # fmt: skip


async def shares(hub: Hub, session: SessionId, identity: Identity) -> None:
    track = EngineTrack("TR_S", Source.SCREEN_SHARE, muted=False)
    await hub.tell(session, EventKind.TRACK_PUBLISHED, identity, f"PA_{identity}", track=track)


async def entry_of(hub: Hub, session: SessionId, identity: Identity) -> StageEntry:
    return next(e for e in (await hub.live.snapshot(ORGANIZER, session)).stage if e.identity == identity)


@pytest.mark.both_databases
async def test_a_shared_screen_is_stopped_alone_and_let_again(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, TQ)
    await shares(hub, session, TQ)
    assert (await entry_of(hub, session, TQ)).sharing
    await hub.control.allow_screen(ORGANIZER, session, TQ, allowed=False)
    entry = await entry_of(hub, session, TQ)
    assert (entry.sources, entry.sharing, entry.shown) == (("camera", "microphone"), False, True)
    await hub.control.allow_screen(ORGANIZER, session, TQ, allowed=True)
    assert "screen_share" in (await entry_of(hub, session, TQ)).sources
    with pytest.raises(NotOnStage):
        await hub.control.allow_screen(ORGANIZER, session, H1, allowed=False)
    with pytest.raises(Forbidden):
        await hub.control.allow_screen(DISTRICT_ORGANIZER, session, TQ, allowed=False)


async def test_a_lost_chair_is_told_to_every_branch_with_since_and_why(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, TQ)
    chair = (await hub.live.snapshot(DISTRICT_ORGANIZER, session)).chair
    assert chair is not None
    assert (chair.endpoint_id, chair.present, chair.since) == (CHAIR, True, None)
    await silence(hub, session, TQ)
    chair = (await hub.live.snapshot(DISTRICT_ORGANIZER, session)).chair
    assert chair is not None
    assert (chair.present, chair.silent, chair.since) == (False, True, hub.clock.now())


async def test_a_chair_that_never_came_is_told_by_what_is_known_of_its_machine(hub: Hub) -> None:
    off_at = hub.clock.now()
    async with hub.db.transaction() as tx:
        await switch_off(tx, CHAIR, hub)
    hub.clock.advance(60)
    session = await hub.live_now()
    chair = (await hub.live.snapshot(ORGANIZER, session)).chair
    assert chair is not None
    assert (chair.present, chair.state, chair.since) == (False, "off", off_at)


@pytest.mark.both_databases
async def test_another_connected_room_takes_the_lost_chairs_place_while_live(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, TQ, H1)
    await hub.control.give_floor(ORGANIZER, session, H1)
    await silence(hub, session, TQ)
    with pytest.raises(NotConnected):
        await hub.control.replace_chair(ORGANIZER, session, EndpointId(4))
    await hub.control.replace_chair(ORGANIZER, session, EndpointId(3))
    entries = {e.identity: e.slot.value for e in (await hub.live.snapshot(ORGANIZER, session)).stage}
    assert entries == {H1: "chair"}
    chair = (await hub.live.snapshot(ORGANIZER, session)).chair
    assert chair is not None
    assert (chair.identity, chair.present) == (H1, True)
    assert (await hub.sessions.get(ORGANIZER, session)).session.chair_endpoint_id == 3
    await hub.control.remove(ORGANIZER, session, TQ)  # a room like the others
    async with hub.db.reading() as tx:
        found = select(AuditRow.details).where(AuditRow.action == "sessions:floor:replace_chair")
        assert (await tx.scalar(found))["identity"] == H1


@pytest.mark.both_databases
async def test_a_former_chair_stays_in_the_session_when_it_is_edited_later(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, TQ, H1)
    await hub.control.replace_chair(ORGANIZER, session, EndpointId(3))
    form = await hub.sessions.form(ORGANIZER, session)
    await hub.sessions.update(ORGANIZER, session, form)
    assert (await hub.states(session))["TQ"] == "joined"


async def test_the_chair_is_replaced_only_by_who_controls_the_session_and_only_while_it_is_open(
    hub: Hub,
) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    for somebody in (VIEWER, DISTRICT_ORGANIZER):
        with pytest.raises(Forbidden):
            await hub.control.replace_chair(somebody, session, EndpointId(3))
    with pytest.raises(NotInSession):
        await hub.control.replace_chair(ORGANIZER, session, EndpointId(99))
    await hub.sessions.end(ORGANIZER, session)
    assert (await hub.sessions.get(ORGANIZER, session)).session.state is SessionState.ENDED
    with pytest.raises(SessionNotOpen):
        await hub.control.replace_chair(ORGANIZER, session, EndpointId(3))


@pytest.mark.both_databases
async def test_people_in_browsers_are_listed_with_what_is_known_of_them(hub: Hub) -> None:
    session = await hub.live_now()
    async with hub.db.transaction() as tx:
        tx.add(
            SessionPerson(
                session_id=session, account_id=1, identity="user:1-ab", display_name="Nguyễn An",
                created_at=hub.clock.now(), state="expected",
            )
        )  # fmt: skip
    assert (await hub.live.snapshot(ORGANIZER, session)).people == (), "a page that never joined is nobody"
    await hub.joins(session, "user:1-ab")
    await silence(hub, session, Identity("user:1-ab"))
    (person,) = (await hub.live.snapshot(ORGANIZER, session)).people
    assert (person.display_name, person.state, person.silent_since) == (
        "Nguyễn An",
        "joined",
        hub.clock.now(),
    )


async def test_silence_is_written_only_for_who_is_there(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.tell(session, EventKind.LEFT, H1, f"PA_{H1}")
    await silence(hub, session, H1)
    async with hub.db.reading() as tx:
        assert (await tx.get_one(SessionEndpoint, (session, 3))).silent_since is None
