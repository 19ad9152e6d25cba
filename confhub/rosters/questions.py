"""What an import asks before it is applied: whether two may be one person, and whose name is right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

from confhub.rosters.import_rows import PeopleRows
from confhub.rosters.limits import LINES_SHOWN

Kind = Literal["twin", "known", "renamed", "letters", "sheet"]
"""Another row of the file may be the same person; somebody of the register may be; the person with the row's
code has another name in the register; texts are in an old font; a sheet holds no list of people."""

QUESTIONS: Final[dict[Kind, str]] = {
    "twin": "Is this row about the same person as one further up?",
    "known": "Is this somebody who is known already?",
    "letters": "The texts are in an old font ({old}): are they to be read as shown?",
    "sheet": "No list of people was found on this sheet: is it left out?",
    "renamed": "The code is known with another name: has this person's name changed?",
}
"""Message ids."""

NEW: Final = "new"
CONVERT: Final = "convert"
KEEP: Final = "keep"
RENAME: Final = "rename"
SKIP: Final = "skip"
SAME: Final = "same"

ALL: Final = "all."
"""A key of it and a kind answers every question of that kind which has no answer of its own."""

FOR_ALL: Final[dict[Kind, tuple[str, ...]]] = {
    "twin": (SAME, NEW), "known": (SAME, NEW), "renamed": (RENAME, SKIP), "sheet": (SKIP,),
}  # fmt: skip
"""What may be answered to all of a kind; `same`: the one candidate, nothing where there are several."""

_OPTIONS: Final[dict[Kind, tuple[str, ...]]] = {
    "renamed": (RENAME, SKIP), "letters": (CONVERT, KEEP), "sheet": (SKIP,),
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
    total: int = 0
    open: int = 0
    of_kind: Counter[Kind] = field(default_factory=Counter)
    _open: list[Question] = field(default_factory=list)
    _answered: list[Question] = field(default_factory=list)

    @property
    def kept(self) -> list[Question]:
        """The first to be shown: those without an answer, then the others."""
        return [*self._open, *self._answered][:LINES_SHOWN]

    def ask(self, key: str, kind: Kind, about: Told, others: tuple[Told, ...]) -> str:
        """The answer that was given, or an empty one."""
        refs = tuple(other.ref for other in others)
        options = _OPTIONS.get(kind) or (*refs, NEW)
        answer = self._answer(key, kind, options)
        self.total += 1
        self.open += not answer
        self.of_kind[kind] += 1
        kept = self._answered if answer else self._open
        if len(kept) < LINES_SHOWN:
            kept.append(Question(key, kind, about, others, options, answer))
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
    for place, name in found.unread.items():
        questions.ask(f"sheet.{place}", "sheet", Told("", name, None, "", None, "", None), ())
