"""Pure decisions of the tree: which texts, codes and dates are right, and in which order units stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, TypeVar

from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.ids import TierId, UnitId
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS
from confhub.org.errors import CodeInvalid, DatesReversed, TextMissing, TextTooLong, TextUnreadable
from confhub.org.values import Tier, Unit, UnitDraft

TREE_MAX_DEPTH: Final = 12
"""Levels of the tree: a state has four or five; bounds the length of a path."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_INVISIBLE = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_T = TypeVar("_T")


def clean_text(text: str, field: str, limit: int = NAME_MAX_CHARS) -> str:
    """`text` in NFC, blanks at the ends and doubled blanks gone.

    Raises `TextMissing`, `TextTooLong`, `TextUnreadable` naming `field`.
    """
    if len(text) > 4 * limit:
        raise TextTooLong(field=field, limit=limit)
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not text:
        raise TextMissing(field=field)
    if len(text) > limit:
        raise TextTooLong(field=field, limit=limit)
    if any(unicodedata.category(char) in _INVISIBLE for char in text):
        raise TextUnreadable(field=field)
    return text


def clean_optional(text: str | None, field: str, limit: int = NAME_MAX_CHARS) -> str | None:
    """As `clean_text`; None for nothing but blanks."""
    return clean_text(text, field, limit) if text is not None and text.strip() else None


def clean_code(text: str, field: str = "code") -> str:
    """A code such as H44.01.02; ASCII, because it becomes an identity in the media room.

    Raises `TextMissing` or `CodeInvalid`.
    """
    text = text.strip()
    if not text:
        raise TextMissing(field=field)
    if len(text) > CODE_MAX_CHARS or not _CODE.fullmatch(text):
        raise CodeInvalid(field=field, limit=CODE_MAX_CHARS)
    return text


def check_dates(valid_from: date | None, valid_to: date | None) -> None:
    """Raise `DatesReversed` when the last day lies before the first."""
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise DatesReversed(field="valid_to")


class Checks:
    """Collects every field's error, so that a form shows them all at once."""

    def __init__(self) -> None:
        self.errors: list[DomainError] = []

    def take(self, check: Callable[[], _T], fallback: _T) -> _T:
        """What `check` gives, or `fallback` when it raises a domain error, which is kept."""
        try:
            return check()
        except DomainError as error:
            self.errors.append(error)
            return fallback

    def finish(self) -> None:
        """Raise what was collected: the one error itself, or `ValidationErrors`."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ValidationErrors(self.errors)


def clean_draft(draft: UnitDraft) -> UnitDraft:
    """The draft with clean texts; raises every field's error."""
    checks = Checks()
    code = checks.take(lambda: clean_code(draft.code), "")
    name = checks.take(lambda: clean_text(draft.name, "name"), "")
    checks.take(lambda: check_dates(draft.valid_from, draft.valid_to), None)
    checks.finish()
    return UnitDraft(code, name, draft.tier_id, draft.parent_id, draft.valid_from, draft.valid_to)


def path_below(parent_path: str, unit_id: int) -> str:
    """The path of a unit under its parent's path."""
    return f"{parent_path}{unit_id}/"


def tree_order(units: Iterable[tuple[Unit, str]], tiers: dict[TierId, Tier]) -> list[Unit]:
    """Units with their sort keys, parents before children; siblings by tier, then in Vietnamese order.

    Units whose parent is not among them stand as roots.
    """
    known = list(units)
    present = {unit.id for unit, _ in known}
    children: dict[UnitId | None, list[tuple[Unit, str]]] = {}
    for unit, key in known:
        parent = unit.parent_id if unit.parent_id in present else None
        children.setdefault(parent, []).append((unit, key))
    for siblings in children.values():
        siblings.sort(key=lambda pair: (tiers[pair[0].tier_id].rank, pair[1], pair[0].code))
    ordered: list[Unit] = []
    waiting = [unit for unit, _ in reversed(children.get(None, []))]
    while waiting:
        unit = waiting.pop()
        ordered.append(unit)
        waiting.extend(child for child, _ in reversed(children.get(unit.id, [])))
    return ordered
