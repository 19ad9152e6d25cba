"""Who has completed a course: the rules, by example and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.training import rules
from confhub.training.rules import MINUTE, Lesson
from confhub.training.values import CellState, CompletionRule, Measure, PersonState, Scope

HOUR = 60 * MINUTE
EACH_80 = CompletionRule(Measure.PERCENT, Scope.EACH, 80, 0)
ALL_80 = CompletionRule(Measure.PERCENT, Scope.ALL, 80, 0)


def course(*lessons: Lesson) -> tuple[rules.Slot, ...]:
    return rules.slots(lessons)


def over(number: int, length: int = HOUR, makes_up_for: int | None = None) -> Lesson:
    return Lesson(number, length, ended=True, makes_up_for=makes_up_for)


def test_each_session_has_to_reach_the_threshold() -> None:
    two = course(over(1), over(2))
    assert rules.judge(EACH_80, two, {1: HOUR, 2: 48 * MINUTE}).state is PersonState.COMPLETED
    short = rules.judge(EACH_80, two, {1: HOUR, 2: 48 * MINUTE - 1})
    assert short.state is PersonState.MISSING
    assert [cell[0] for cell in short.cells] == [CellState.DONE, CellState.SHORT]


def test_together_a_long_session_weighs_more() -> None:
    two = course(over(1, 3 * HOUR), over(2, HOUR))
    assert rules.judge(ALL_80, two, {1: 3 * HOUR}).share == 7_500
    assert rules.judge(ALL_80, two, {1: 3 * HOUR, 2: 12 * MINUTE}).state is PersonState.COMPLETED


def test_grace_counts_only_for_those_who_came() -> None:
    rule = CompletionRule(Measure.PERCENT, Scope.EACH, 100, 10)
    assert rules.judge(rule, course(over(1)), {1: 50 * MINUTE}).state is PersonState.COMPLETED
    assert rules.judge(rule, course(over(1)), {1: 50 * MINUTE - 1}).state is PersonState.MISSING
    assert rules.judge(rule, course(over(1, 10 * MINUTE)), {}).state is PersonState.MISSING


def test_minutes_of_a_session_that_ended_early_ask_for_the_whole_of_it() -> None:
    rule = CompletionRule(Measure.MINUTES, Scope.EACH, 45, 0)
    assert rules.judge(rule, course(over(1, 30 * MINUTE)), {1: 30 * MINUTE}).state is PersonState.COMPLETED
    assert rules.judge(rule, course(over(1, 30 * MINUTE)), {1: 29 * MINUTE}).state is PersonState.MISSING


def test_a_make_up_session_counts_instead_and_never_both() -> None:
    with_make_up = course(over(1), over(2), over(3, makes_up_for=1))
    judged = rules.judge(ALL_80, with_make_up, {1: 30 * MINUTE, 2: HOUR, 3: HOUR})
    assert (judged.millis, judged.share, judged.state) == (2 * HOUR, 10_000, PersonState.COMPLETED)
    assert [(cell[0], cell[3]) for cell in rules.judge(EACH_80, with_make_up, {2: HOUR, 3: HOUR}).cells] == [
        (CellState.MADE_UP, 3),
        (CellState.DONE, 2),
    ]


def test_what_is_still_ahead_leaves_it_open() -> None:
    ahead = course(over(1), Lesson(2, HOUR, ended=False, makes_up_for=1))
    assert rules.judge(EACH_80, ahead, {}).state is PersonState.GOING
    assert rules.judge(EACH_80, ahead, {1: HOUR}).state is PersonState.COMPLETED
    assert rules.judge(EACH_80, course(), {}).state is PersonState.GOING


def test_who_cannot_complete_any_more_is_told_so_while_something_is_still_ahead() -> None:
    def state(rule: CompletionRule, lessons: tuple[Lesson, ...], millis: dict[int, int]) -> PersonState:
        return rules.judge(rule, course(*lessons), millis).state

    ahead = (over(1), Lesson(2, HOUR, ended=False))
    made_up = (*ahead, Lesson(3, HOUR, ended=False, makes_up_for=1))
    assert state(EACH_80, ahead, {}) is PersonState.TOO_LATE
    assert state(EACH_80, ahead, {1: HOUR}) is PersonState.GOING
    assert state(EACH_80, made_up, {}) is PersonState.GOING
    assert state(ALL_80, ahead, {1: 35 * MINUTE}) is PersonState.TOO_LATE
    assert state(ALL_80, ahead, {1: 36 * MINUTE}) is PersonState.GOING
    hours = CompletionRule(Measure.MINUTES, Scope.ALL, 90, 0)
    assert state(hours, ahead, {1: 29 * MINUTE}) is PersonState.TOO_LATE
    assert state(hours, ahead, {1: 30 * MINUTE}) is PersonState.GOING


def test_leave_is_shown_and_completes_nothing() -> None:
    judged = rules.judge(EACH_80, course(over(1)), {}, excused=[1])
    assert (judged.state, judged.cells[0][0]) == (PersonState.MISSING, CellState.EXCUSED)


def test_the_heir_of_a_cancelled_session_takes_its_place() -> None:
    lessons = [over(1), over(2, makes_up_for=1), over(3, makes_up_for=1), over(4)]
    left = {one.session_id: one.makes_up_for for one in rules.standing(lessons, [1])}
    assert left == {2: None, 3: 2, 4: None}


@pytest.mark.parametrize(
    ("stretches", "millis"), [([], 0), ([[(0, 5)], [(3, 9)]], 9), ([[(0, 5), (7, 9)], [(5, 7)]], 9)]
)
def test_presence_under_two_numbers_is_united(stretches: list[list[tuple[int, int]]], millis: int) -> None:
    assert rules.united(stretches) == millis


lengths = st.integers(1, 4 * 60).map(lambda minutes: minutes * MINUTE)
there = st.dictionaries(st.integers(1, 6), st.integers(0, 5 * HOUR), max_size=6)
rule_of = st.builds(
    CompletionRule, st.sampled_from(Measure), st.sampled_from(Scope), st.integers(1, 100), st.integers(0, 30)
)


@st.composite
def courses(draw: st.DrawFn) -> tuple[rules.Slot, ...]:
    regular = draw(st.integers(1, 3))
    lessons = [Lesson(one, draw(lengths), draw(st.booleans())) for one in range(1, regular + 1)]
    for number in range(regular + 1, regular + 1 + draw(st.integers(0, 3))):
        stands_for = draw(st.integers(1, regular))
        lessons.append(Lesson(number, draw(lengths), draw(st.booleans()), stands_for))
    return rules.slots(lessons)


@given(rule_of, courses(), there, st.integers(1, 6), st.integers(1, HOUR))
def test_more_presence_never_takes_a_completion_away(
    rule: CompletionRule, slots: tuple[rules.Slot, ...], millis: dict[int, int], where: int, more: int
) -> None:
    before = rules.judge(rule, slots, millis)
    after = rules.judge(rule, slots, {**millis, where: millis.get(where, 0) + more})
    assert after.state is PersonState.COMPLETED or before.state is not PersonState.COMPLETED
    assert 0 <= before.share <= rules.WHOLE
    assert rules.read_cells(rules.write_cells(before.cells)) == before.cells
