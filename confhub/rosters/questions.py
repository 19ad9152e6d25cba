"""What an import asks before it is applied: whether two may be one person, and whose name is right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

from confhub.rosters.import_rows import PeopleRows
from confhub.rosters.limits import LINES_SHOWN

Kind = Literal["twin", "known", "renamed", "letters", "sheet", "hidden"]
"""Another row of the file may be the same person; somebody of the register may be; the person with the row's
code has another name in the register; texts are in an old font; a sheet holds no list of people; sheets,
rows or columns are hidden."""

QUESTIONS: Final[dict[Kind, str]] = {
    "twin": "Is this row about the same person as one further up?",
    "known": "Is this somebody who is known already?",
    "letters": "The texts are in an old font ({old}): are they to be read as shown?",
    "sheet": "No list of people was found on this sheet: is it left out?",
    "hidden": "Parts of the file are hidden: are they taken as well?",
    "renamed": "The code is known with another name: has this person's name changed?",
}
"""Message ids."""

NEW: Final = "new"
CONVERT: Final = "convert"
KEEP: Final = "keep"
RENAME: Final = "rename"
SKIP: Final = "skip"
TAKE: Final = "take"
SAME: Final = "same"

ALL: Final = "all."
"""A key of it and a kind answers every question of that kind which has no answer of its own."""

FOR_ALL: Final[dict[Kind, tuple[str, ...]]] = {
    "twin": (SAME, NEW), "known": (SAME, NEW), "renamed": (RENAME, SKIP), "sheet": (SKIP,),
}  # fmt: skip
"""What may be answered to all of a kind; `same`: the one candidate, nothing where there are several."""

_OPTIONS: Final[dict[Kind, tuple[str, ...]]] = {
    "renamed": (RENAME, SKIP), "letters": (CONVERT, KEEP), "sheet": (SKIP,),
    "hidden": (TAKE, SKIP),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A person as a question tells them: of the register, or (`row`) of the file."""

    ref: str
    name: str
    code: str | None
    unit_name: str
    position: str | None
    born: str
    phone: str | None
    sheet: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`key`: of the row, `sheet.row`. `options`: `new`, and a candidate's `ref` each; or rename | skip.
    `answer`: the one that was given, else empty."""

    key: str
    kind: Kind
    about: Told
    others: tuple[Told, ...]
    options: tuple[str, ...]
    answer: str


@dataclass(slots=True)
class Questions:
    """All that are asked. `answers`: a question's key, or `all.` and a kind, → one of the options."""

    answers: dict[str, str]
    asked: list[Question] = field(default_factory=list)
    """In the file's order, answered or not."""
    open: int = 0
    of_kind: Counter[Kind] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.asked)

    @property
    def pages(self) -> int:
        """How many pages they fill; an empty one is one."""
        return max(1, -(-len(self.asked) // LINES_SHOWN))

    def page(self, wanted: int) -> int:
        """The page that is shown, from 1: the wanted one; for 0 the first with a question that is open."""
        if wanted:
            return min(wanted, self.pages)
        first = next((at for at, one in enumerate(self.asked) if not one.answer), 0)
        return first // LINES_SHOWN + 1

    def shown(self, wanted: int) -> list[Question]:
        """Those of the page."""
        start = (self.page(wanted) - 1) * LINES_SHOWN
        return self.asked[start : start + LINES_SHOWN]

    def ask(self, key: str, kind: Kind, about: Told, others: tuple[Told, ...]) -> str:
        """The answer that was given, or an empty one."""
        refs = tuple(other.ref for other in others)
        options = _OPTIONS.get(kind) or (*refs, NEW)
        answer = self._answer(key, kind, options)
        self.open += not answer
        self.of_kind[kind] += 1
        self.asked.append(Question(key, kind, about, others, options, answer))
        return answer

    def _answer(self, key: str, kind: Kind, options: tuple[str, ...]) -> str:
        own, general = self.answers.get(key, ""), self.answers.get(f"{ALL}{kind}", "")
        if own in options:
            return own
        if general == SAME and kind in ("twin", "known") and len(options) == 2:
            return options[0]
        return general if general in options and general in FOR_ALL.get(kind, ()) else ""


def ask_of_reading(found: PeopleRows, questions: Questions) -> None:
    """What is not clear of the file as a whole."""
    if found.letters is not None:
        samples = tuple(Told("", new, None, old, None, "", None) for old, new in found.letters.samples)
        about = Told(found.letters.old, found.letters.name, None, "", None, "", None)
        questions.ask("letters", "letters", about, samples)
    if found.hidden:
        questions.ask("hidden", "hidden", Told("", "", None, "", None, "", None), ())
    for place, name in found.unread.items():
        questions.ask(f"sheet.{place}", "sheet", Told("", name, None, "", None, "", None), ())
