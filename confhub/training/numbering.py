"""Numbers of certificates, by a pattern such as `{seq:04d}/{year}/GCN`. Pure."""

from __future__ import annotations

import re
from typing import Final

from confhub.training.errors import NumberTooLong, PatternInvalid
from confhub.training.limits import PATTERN_MAX_CHARS, SEQUENCE_DIGITS_MAX

DEFAULT: Final = "{seq:04d}/{year}/GCN"

_FIELD = re.compile(r"\{(seq)(?::0?([0-9])d)?\}|\{(year)\}")
_REST = re.compile(r"[\w/.\- ]*")


def clean_pattern(text: str, field: str = "number_pattern") -> str:
    """The pattern without blanks at its ends. Raises `PatternInvalid` unless it holds the running number
    once, and nothing but fields, letters, digits and / - . _ besides."""
    pattern = text.strip()
    sequences = [found for found in _FIELD.finditer(pattern) if found[1]]
    rest = _FIELD.sub("", pattern)
    fits = len(pattern) <= PATTERN_MAX_CHARS and _REST.fullmatch(rest)
    if not fits or len(sequences) != 1 or int(sequences[0][2] or 0) > SEQUENCE_DIGITS_MAX:
        raise PatternInvalid(field=field)
    return pattern


def series(pattern: str, year: int) -> str:
    """What counts on by itself: the pattern with its year, whatever the width of its running number."""
    return _FIELD.sub(lambda found: "{seq}" if found[1] else f"{year}", pattern)


def number(pattern: str, sequence: int, year: int) -> str:
    """The number itself. Raises `NumberTooLong` where it does not fit its column."""

    def filled(found: re.Match[str]) -> str:
        return f"{sequence:0{int(found[2] or 1)}d}" if found[1] else f"{year}"

    made = _FIELD.sub(filled, pattern)
    if len(made) > PATTERN_MAX_CHARS:
        raise NumberTooLong()
    return made


def same_number(typed: str) -> str:
    """A number as people type it: blanks around the strokes gone, capitals."""
    return re.sub(r" ?([/.\-]) ?", r"\1", " ".join(typed.split())).upper()
