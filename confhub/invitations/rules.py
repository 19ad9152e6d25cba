"""What may be written in letters and answers; lists of delegates as offices paste them. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from confhub.i18n.identity import identity_key
from confhub.invitations.errors import (
    DelegateTooLong,
    DelegateUnreadable,
    DelegateWithoutName,
    TooManyDelegates,
)
from confhub.invitations.limits import DELEGATES_MAX
from confhub.invitations.values import Delegate
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.org.errors import TextTooLong
from confhub.org.rules import clean_optional
from confhub.people.errors import HiddenCharacters
from confhub.people.rules import is_hidden

_NUMBERED = re.compile(r"\s*(?:[0-9]{1,4}\s*[.)/\t;,-]|[-+*•–])\s*")
"""What stands before a name in a list: `1.`, `2)`, a dash; a column of numbers."""
_LETTER = re.compile(r"[^\W\d_]")
_PICTURES: Final = {"So", "Cs", "Co", "Cn"}


def clean_line(text: str, field: str, limit: int) -> str:
    """One line of it, blanks put in order, empty for nothing but blanks. HiddenCharacters, TextTooLong,
    TextUnreadable."""
    if is_hidden(text[: 4 * limit]):
        raise HiddenCharacters(field=field)
    return clean_optional(text, field, limit) or ""


def read_delegates(text: str, field: str = "delegates") -> tuple[Delegate, ...]:
    """The people of a typed or pasted list, a line each: name, position, unit, with tabs, semicolons or
    commas between them; numbers and dashes in front are taken off. Who stands there twice is taken once.

    TooManyDelegates, DelegateWithoutName, DelegateTooLong, DelegateUnreadable, naming the line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > DELEGATES_MAX:
        raise TooManyDelegates(field=field, limit=DELEGATES_MAX, count=len(lines))
    found: dict[tuple[str, str, str], Delegate] = {}
    for number, line in lines:
        one = _delegate(line, number, field)
        found.setdefault((identity_key(one.name), one.position, one.unit), one)
    return tuple(found.values())


def _delegate(line: str, number: int, field: str) -> Delegate:
    before = _NUMBERED.match(line)
    rest = line[before.end() :] if before else line
    between = next((mark for mark in "\t;," if mark in rest), ",")
    name, position, unit = [*rest.split(between, 2), "", ""][:3]
    try:
        parts = [clean_line(one, field, NAME_MAX_CHARS) for one in (name, position, unit)]
    except TextTooLong:
        raise DelegateTooLong(field=field, line=number, limit=NAME_MAX_CHARS) from None
    except DomainError:
        raise DelegateUnreadable(field=field, line=number) from None
    if any(unicodedata.category(char) in _PICTURES for part in parts for char in part):
        raise DelegateUnreadable(field=field, line=number)
    if not _LETTER.search(parts[0]):
        raise DelegateWithoutName(field=field, line=number)
    return Delegate(*parts)
