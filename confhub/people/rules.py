"""Pure decisions of people: right fields, keys that tell duplicates, personal codes."""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from calendar import monthrange
from datetime import date, datetime
from typing import Final

from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.org.errors import TextMissing
from confhub.org.rules import Checks, clean_code, clean_text
from confhub.people.errors import BirthDateInvalid, EmailInvalid, HiddenCharacters
from confhub.people.limits import BIRTH_DATE_MIN, EMAIL_MAX_CHARS, REASON_MAX_CHARS
from confhub.people.models import BADGE_CHARS
from confhub.people.values import PersonDraft
from confhub.registry.rules import clean_phone

BADGE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U; the first three are read as 1, 1, 0."""

_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", BADGE_ALPHABET.encode())
"""RFC 4648's letters to Crockford's: 40,000 badges in a tenth of a second."""

_BADGE = re.compile(f"[{BADGE_ALPHABET}]{{{BADGE_CHARS}}}")
_READ_AS = str.maketrans("OIL", "011")
_BETWEEN = re.compile(r"[\s\-–_.]")
_HIDDEN: Final = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)))
)
"""Drawn as nothing, and yet no format characters to Unicode."""
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def is_hidden(text: str) -> bool:
    """Whether a character of `text` is invisible or turns the direction of writing."""
    return any(char in _HIDDEN or unicodedata.category(char) == "Cf" for char in text)


def clean_visible(text: str, field: str) -> str:
    """As `clean_text`, and nothing hidden in it: `HiddenCharacters`. What looks like a formula stays text."""
    if is_hidden(text[:2_000]):
        raise HiddenCharacters(field=field)
    cleaned = clean_text(text, field)
    if not fold(cleaned):
        raise TextMissing(field=field)
    return cleaned


def clean_visible_optional(text: str | None, field: str) -> str | None:
    """As `clean_visible`; None for nothing but blanks."""
    return clean_visible(text, field) if text is not None and text.strip() else None


def clean_email(text: str | None, field: str = "email") -> str | None:
    """An e-mail address as written; None for nothing. Raises `EmailInvalid`."""
    if text is None or not text.strip():
        return None
    text = text.strip()
    if len(text) > EMAIL_MAX_CHARS or not _EMAIL.fullmatch(text):
        raise EmailInvalid(field=field, limit=EMAIL_MAX_CHARS)
    return text


def clean_birth_date(value: date | None, today: date | None = None) -> date | None:
    """Raises `BirthDateInvalid` for one before 1900 or after `today`."""
    if value is not None and (value < BIRTH_DATE_MIN or (today is not None and value > today)):
        raise BirthDateInvalid(field="birth_date", first=BIRTH_DATE_MIN.year)
    return value


def clean_birth_year(value: int | None, today: date | None = None) -> int | None:
    """As `clean_birth_date`, of a year alone."""
    last = today.year if today is not None else 9_999
    if value is not None and not BIRTH_DATE_MIN.year <= value <= last:
        raise BirthDateInvalid(field="birth_year", first=BIRTH_DATE_MIN.year)
    return value


def clean_reason(text: str, field: str = "reason") -> str:
    """A reason of a few sentences. Raises `TextMissing`, `TextTooLong`, `TextUnreadable`."""
    return clean_text(text, field, REASON_MAX_CHARS)


def clean_draft(draft: PersonDraft, today: date | None = None) -> PersonDraft:
    """The draft with clean texts; raises every field's error. `today` refuses birth dates in the future."""
    checks = Checks()
    name = checks.take(lambda: clean_visible(draft.name, "name"), "")
    code = checks.take(lambda: clean_code(draft.code) if draft.code and draft.code.strip() else None, None)
    position = checks.take(lambda: clean_visible_optional(draft.position, "position"), None)
    birth_date = checks.take(lambda: clean_birth_date(draft.birth_date, today), None)
    birth_year = checks.take(lambda: clean_birth_year(draft.birth_year, today), None)
    phone = checks.take(lambda: clean_phone(draft.phone, "phone"), None)
    email = checks.take(lambda: clean_email(draft.email), None)
    checks.finish()
    year = birth_year if birth_date is None else None
    return PersonDraft(name, draft.unit_id, code, position, birth_date, phone, email, year)


def name_key(name: str) -> str:
    """The name as an identity (`i18n.identity`): with unit and birth date it tells duplicates."""
    return identity_key(name)


def search_key(code: str | None, name: str, position: str | None) -> str:
    """What a search looks into."""
    return fold(f"{code or ''} {name} {position or ''}")


def new_badge() -> str:
    """A fresh personal code: 80 random bits."""
    return base64.b32encode(secrets.token_bytes(BADGE_CHARS * 5 // 8)).translate(_CROCKFORD).decode()


def plain_badge(typed: str) -> str | None:
    """The characters behind what was typed or scanned, or None where it cannot be a badge at all."""
    if len(typed) > 64:
        return None
    chars = _BETWEEN.sub("", typed).upper().translate(_READ_AS)
    return chars if _BADGE.fullmatch(chars) else None


def badge_text(badge: str) -> str:
    """The badge in groups of four, for reading: `K7QD-2MXA-9RTZ-0VBN`."""
    return "-".join(badge[start : start + 4] for start in range(0, len(badge), 4))


def months_before(moment: datetime, months: int) -> datetime:
    """The same day of the month, or its last one, that many months earlier; never before the year 1900."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    if year < BIRTH_DATE_MIN.year:
        return moment.replace(year=BIRTH_DATE_MIN.year, month=1, day=1)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
