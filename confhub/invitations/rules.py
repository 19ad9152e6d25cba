"""What may be written in letters and answers. Pure."""

from __future__ import annotations

from confhub.org.rules import clean_optional
from confhub.people.errors import HiddenCharacters
from confhub.people.rules import is_hidden


def clean_line(text: str, field: str, limit: int) -> str:
    """One line of it, blanks put in order, empty for nothing but blanks. HiddenCharacters, TextTooLong,
    TextUnreadable."""
    if is_hidden(text[: 4 * limit]):
        raise HiddenCharacters(field=field)
    return clean_optional(text, field, limit) or ""
