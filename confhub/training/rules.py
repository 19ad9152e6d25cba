"""Pure decisions of training: what counts in each session, and who has completed the course.

A person's time in a session is given as milliseconds in it. With grace, whoever was there at all may miss
that many minutes and counts as there. A make-up session counts instead of the one it stands for, where it is
the better of the two: never both. More presence never takes a completion away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from confhub.training.values import CellState, CompletionRule, Measure, PersonState, Scope

MINUTE = 60_000
WHOLE = 10_000
"""Shares are in hundredths of a percent."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A session as the rule sees it. `length`: milliseconds that count (planned ones until it has ended)."""

    session_id: int
    length: int
    ended: bool
    makes_up_for: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A regular session and what may stand for it, itself first."""

    lesson: Lesson
    candidates: tuple[Lesson, ...]

    @property
    def open(self) -> bool:
        """Whether something that counts for it is still ahead."""
        return any(not one.ended for one in self.candidates)


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's course: `cells` as (state, credited milliseconds, share, session) by slot."""

    state: PersonState
    millis: int
    share: int
    cells: tuple[tuple[CellState, int, int, int], ...]


def slots(lessons: Sequence[Lesson]) -> tuple[Slot, ...]:
    """The regular sessions in order, each with its make-up sessions."""
    return tuple(
        Slot(one, (one, *(other for other in lessons if other.makes_up_for == one.session_id)))
        for one in lessons
        if one.makes_up_for is None
    )


def standing(lessons: Sequence[Lesson], cancelled: Iterable[int]) -> list[Lesson]:
    """The lessons without cancelled ones. What stood for a cancelled one takes its place: the first make-up
    session becomes the regular one, the others stand for it."""
    gone = set(cancelled)
    heir: dict[int, int] = {}
    left: list[Lesson] = []
    for one in lessons:
        if one.session_id in gone:
            continue
        instead = one.makes_up_for
        if instead in gone:
            instead = heir.get(instead)
            if instead is None and one.makes_up_for is not None:
                heir[one.makes_up_for] = one.session_id
        left.append(replace(one, makes_up_for=instead))
    return left


def united(stretches: Iterable[Iterable[Span]]) -> int:
    """Milliseconds of the union: presence under two numbers of one person is never counted twice."""
    total, end = 0, -1
    for start, stop in sorted(span for spans in stretches for span in spans):
        if stop > end:
            total += stop - max(start, end)
            end = stop
    return total


def read_spans(text: str) -> list[Span]:
    """`from-to` joined by commas, as `person_presence` keeps them."""
    found = []
    for part in text.split(",") if text else ():
        start, _, stop = part.partition("-")
        found.append((int(start), int(stop)))
    return found


def credited(millis: int, length: int, grace_min: int) -> int:
    """Milliseconds that count: with the grace, and never more than the session has (or than was sat)."""
    if millis <= 0:
        return 0
    return max(millis, min(length, millis + grace_min * MINUTE))


def share_of(millis: int, length: int) -> int:
    """Hundredths of a percent, at most the whole; a session without length gives nothing."""
    return min(WHOLE, millis * WHOLE // length) if length > 0 else 0


def needed(rule: CompletionRule, length: int) -> int:
    """What one session asks for, in the rule's measure (milliseconds or hundredths of a percent); a session
    shorter than the minutes asked for asks for the whole of it."""
    if rule.measure is Measure.PERCENT:
        return rule.threshold * 100
    return min(rule.threshold * MINUTE, length) if length > 0 else rule.threshold * MINUTE


def _suffices(rule: CompletionRule, there: int, share: int, length: int) -> bool:
    """Whether one session is enough by itself. Where minutes are added up over all, any time there is."""
    if rule.measure is Measure.PERCENT:
        return share >= needed(rule, length)
    return rule.scope is Scope.ALL or there >= needed(rule, length)


def judge(
    rule: CompletionRule, course: Sequence[Slot], millis: Mapping[int, int], excused: Iterable[int] = ()
) -> Judged:
    """The person's progress. `millis`: session → milliseconds there; `excused`: missed with leave."""
    away = set(excused)
    by_minutes, by_each = rule.measure is Measure.MINUTES, rule.scope is Scope.EACH
    cells: list[tuple[CellState, int, int, int]] = []
    total = weight = weighed = 0
    each = bool(course)
    for slot in course:
        best, best_millis, best_share, reached = slot.lesson, 0, 0, False
        for one in slot.candidates:
            there = credited(millis.get(one.session_id, 0), one.length, rule.grace_min)
            if not there:
                continue
            share = share_of(there, one.length)
            enough = _suffices(rule, there, share, one.length)
            value, so_far = (there, best_millis) if by_minutes else (share, best_share)
            if (by_each and enough, value) > (by_each and reached, so_far):
                best, best_millis, best_share, reached = one, there, share, enough
        cells.append(
            (
                _cell_state(slot, best, best_millis, reached=reached, away=away),
                best_millis,
                best_share,
                best.session_id,
            )
        )
        total += best_millis
        weight += slot.lesson.length
        weighed += best_share * slot.lesson.length
        each = each and reached
    share = weighed // weight if weight else 0
    together = bool(course) and (
        total >= rule.threshold * MINUTE if by_minutes else share >= rule.threshold * 100
    )
    completed = each if by_each else together
    if completed:
        state = PersonState.COMPLETED
    elif not course or any(
        slot.open and (not by_each or cell[0] not in (CellState.DONE, CellState.MADE_UP))
        for slot, cell in zip(course, cells, strict=True)
    ):
        state = PersonState.GOING if _possible(rule, course, cells) else PersonState.TOO_LATE
    else:
        state = PersonState.MISSING
    return Judged(state, total, share, tuple(cells))


def _possible(
    rule: CompletionRule, course: Sequence[Slot], cells: Sequence[tuple[CellState, int, int, int]]
) -> bool:
    """Whether whoever is there in all that is still ahead completes."""
    if not course:
        return True
    if rule.scope is Scope.EACH:
        return all(
            slot.open or cell[0] in (CellState.DONE, CellState.MADE_UP)
            for slot, cell in zip(course, cells, strict=True)
        )
    if rule.measure is Measure.MINUTES:
        best = sum(
            max(cell[1], *(one.length for one in slot.candidates if not one.ended), 0)
            for slot, cell in zip(course, cells, strict=True)
        )
        return best >= rule.threshold * MINUTE
    weight = sum(slot.lesson.length for slot in course)
    shares = sum(
        (WHOLE if slot.open else cell[2]) * slot.lesson.length
        for slot, cell in zip(course, cells, strict=True)
    )
    return not weight or shares // weight >= rule.threshold * 100


def _cell_state(slot: Slot, best: Lesson, there: int, *, reached: bool, away: set[int]) -> CellState:
    if reached:
        return CellState.DONE if best is slot.lesson else CellState.MADE_UP
    if there:
        return CellState.SHORT
    if not slot.lesson.ended:
        return CellState.AHEAD
    return CellState.EXCUSED if slot.lesson.session_id in away else CellState.ABSENT


def write_cells(cells: Iterable[tuple[CellState, int, int, int]]) -> str:
    """As `course_person.cells` keeps them."""
    return ";".join(f"{state.value} {there} {share} {session}" for state, there, share, session in cells)


def read_cells(text: str) -> tuple[tuple[CellState, int, int, int], ...]:
    """What `write_cells` wrote."""
    found = []
    for part in text.split(";") if text else ():
        state, there, share, session = part.split(" ")
        found.append((CellState(state), int(there), int(share), int(session)))
    return tuple(found)
