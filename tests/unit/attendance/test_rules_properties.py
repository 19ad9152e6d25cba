"""Whatever order, however often, whatever is missing: the same intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from confhub.attendance.rules import Evidence, Margins, Span, figures, presence, union
from confhub.attendance.values import Kind, Source

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LIVE_S = 1800
HEARTBEAT_S = 15
LOOKS = [T0 + timedelta(seconds=s) for s in range(0, LIVE_S + 1, HEARTBEAT_S)]


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Connection:
    """What truly happened: one connection of the room."""

    number: int
    start_s: int
    end_s: int


@st.composite
def truths(draw: st.DrawFn) -> list[Connection]:
    """Connections of a room, each apart from the next by at least a second."""
    bounds = sorted(draw(st.lists(st.integers(0, LIVE_S), min_size=2, max_size=12, unique=True)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return [Connection(i, start, end) for i, (start, end) in enumerate(pairs)]


def joined(c: Connection) -> Evidence:
    return Evidence(Source.RELAY, Kind.JOINED, at(c.start_s), f"PA_{c.number}", at(c.start_s))


def left(c: Connection) -> Evidence:
    return Evidence(Source.RELAY, Kind.LEFT, at(c.end_s), f"PA_{c.number}", at(c.end_s))


def marks(c: Connection) -> list[Evidence]:
    return [
        Evidence(Source.RECONCILE, Kind.PRESENT, look, f"PA_{c.number}", look)
        for look in LOOKS
        if at(c.start_s) <= look < at(c.end_s)
    ]


def reconciled(c: Connection, *, no_join: bool, no_leave: bool) -> list[Evidence]:
    """What the hub writes by itself where webhooks were missing and it could see so."""
    seen = marks(c)
    found = []
    if no_join and seen:
        found.append(Evidence(Source.RECONCILE, Kind.JOINED, at(c.start_s), f"PA_{c.number}", seen[0].at))
    if no_leave and (seen or not no_join):
        last = seen[-1].at if seen else at(c.start_s)
        noticed = next((look for look in LOOKS if look >= at(c.end_s)), None)
        if noticed is not None:
            found.append(Evidence(Source.RECONCILE, Kind.LEFT, last, f"PA_{c.number}", noticed))
    return found


def own_log(c: Connection) -> list[Evidence]:
    late = at(LIVE_S + 100)
    return [
        Evidence(Source.ROOM, Kind.JOINED, at(c.start_s), f"own-{c.number}", late),
        Evidence(Source.ROOM, Kind.LEFT, at(c.end_s), f"own-{c.number}", late),
    ]


def whole(truth: list[Connection]) -> list[Evidence]:
    return [e for c in truth for e in (joined(c), left(c), *marks(c), *own_log(c))]


def expected(truth: list[Connection]) -> list[Span]:
    return union([Span(at(c.start_s), at(c.end_s)) for c in truth], timedelta(seconds=5))


@given(truths(), st.randoms(use_true_random=False))
def test_shuffled_and_doubled_events_give_the_same_intervals(truth: list[Connection], dice: object) -> None:
    events = whole(truth)
    doubled = events + dice.choices(events, k=len(events)) if events else events  # type: ignore[attr-defined]
    dice.shuffle(doubled)  # type: ignore[attr-defined]
    assert presence(doubled, LOOKS) == presence(events, LOOKS) == expected(truth)


@given(truths(), st.data())
def test_missing_joins_and_leaves_give_the_same_intervals(
    truth: list[Connection], data: st.DataObject
) -> None:
    events: list[Evidence] = []
    for c in truth:
        no_join, no_leave = data.draw(st.booleans()), data.draw(st.booleans())
        events += marks(c) + own_log(c) + reconciled(c, no_join=no_join, no_leave=no_leave)
        events += [] if no_join else [joined(c)]
        events += [] if no_leave else [left(c)]
    invisible = [
        c for c in truth if not any(e.connection == f"PA_{c.number}" for e in events)
    ]  # shorter than a heartbeat, and both webhooks lost: nobody but the room saw it
    visible = [c for c in truth if c not in invisible]
    found = presence(events, LOOKS)
    own = [Span(at(c.start_s), at(c.end_s)) for c in truth]
    assert all(
        any(s.start >= span.start and s.end <= span.end for span in union(own, timedelta(seconds=5)))
        for s in found
    )  # nothing is invented
    for c in visible:
        assert any(span.start <= at(c.start_s) and at(c.end_s) <= span.end for span in found)


@given(truths(), st.data())
def test_without_any_room_log_each_bound_is_within_one_heartbeat(
    truth: list[Connection], data: st.DataObject
) -> None:
    for c in truth:
        no_leave = data.draw(st.booleans())
        events = [joined(c), *marks(c), *reconciled(c, no_join=False, no_leave=no_leave)]
        events += [] if no_leave else [left(c)]
        found = presence(events, LOOKS)
        assert found
        assert found[0].start == at(c.start_s)
        assert at(c.end_s) - timedelta(seconds=HEARTBEAT_S) <= found[-1].end <= at(c.end_s)


@given(truths(), st.integers(0, LIVE_S), st.integers(60, 600))
def test_a_hub_killed_for_minutes_changes_nothing_once_room_logs_are_in(
    truth: list[Connection], kill_s: int, away_s: int
) -> None:
    def blind(moment: datetime) -> bool:
        return at(kill_s) <= moment < at(kill_s + away_s)

    looks = [look for look in LOOKS if not blind(look)]
    events = [e for c in truth for e in own_log(c)]
    for c in truth:
        seen = [e for e in (joined(c), left(c), *marks(c)) if not blind(e.received_at)]
        events += seen
    found = presence(events, looks)
    for c in truth:
        inside = [s for s in found if s.start <= at(c.end_s) and s.end >= at(c.start_s)]
        covered = sum((min(s.end, at(c.end_s)) - max(s.start, at(c.start_s))).total_seconds() for s in inside)
        assert covered >= c.end_s - c.start_s - 2 * HEARTBEAT_S


KINDS = st.sampled_from(list(Kind))
SOURCES = st.sampled_from(list(Source))
ANYTHING = st.lists(
    st.builds(
        lambda source, kind, s, connection, later: Evidence(source, kind, at(s), connection, at(s + later)),
        SOURCES, KINDS, st.integers(-3000, 6000), st.sampled_from(["a", "b", "c"]), st.integers(0, 600),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=200)
@given(ANYTHING, st.lists(st.integers(0, 3000), max_size=40), st.none() | st.integers(0, 4000), st.booleans())
def test_figures_hold_their_promises_whatever_was_reported(
    events: list[Evidence], looked: list[int], now_s: int | None, ended: bool
) -> None:
    looks = sorted({at(s) for s in looked})
    live = Span(at(0), at(LIVE_S))
    found = figures(
        presence(events, looks, now=at(now_s) if now_s is not None else None),
        live=live,
        ended=ended,
        margins=Margins(timedelta(minutes=5), timedelta(minutes=5)),
    )
    assert all(live.start <= s.start < s.end <= live.end for s in found.spans)
    assert all(
        a.end + timedelta(seconds=5) <= b.start for a, b in zip(found.spans, found.spans[1:], strict=False)
    )
    assert found.seconds <= LIVE_S
    assert 0 <= found.percent <= 100
    assert found.came == bool(found.spans)
    if not found.came:
        assert not found.late
        assert not found.left_early
