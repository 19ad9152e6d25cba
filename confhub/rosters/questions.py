"""What an import asks before it is applied: whether two may be one person, and whose name is right."""

from __future__ import annotations

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

OLD_FONTS: Final = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}

NEW: Final = "new"
CONVERT: Final = "convert"
KEEP: Final = "keep"
RENAME: Final = "rename"
SKIP: Final = "skip"


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
    """All that are asked; the first kept to be shown."""

    answers: dict[str, str]
    kept: list[Question] = field(default_factory=list)
    total: int = 0
    open: int = 0

    def ask(self, key: str, kind: Kind, about: Told, others: tuple[Told, ...]) -> str:
        """The answer that was given, or an empty one."""
        refs = tuple(other.ref for other in others)
        options = _OPTIONS.get(kind) or (*refs, NEW)
        answer = self.answers.get(key, "")
        if answer not in options:
            answer = ""
        self.total += 1
        self.open += not answer
        if len(self.kept) < LINES_SHOWN:
            self.kept.append(Question(key, kind, about, others, options, answer))
        return answer


def ask_of_reading(found: PeopleRows, questions: Questions) -> None:
    """What is not clear of the file as a whole."""
    if found.letters is not None:
        samples = tuple(Told("", new, None, old, None, "", None) for old, new in found.letters.samples)
        about = Told(found.letters.old, OLD_FONTS[found.letters.old], None, "", None, "", None)
        questions.ask("letters", "letters", about, samples)
    for place, name in found.unread.items():
        questions.ask(f"sheet.{place}", "sheet", Told("", name, None, "", None, "", None), ())
