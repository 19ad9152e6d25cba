"""Pure decisions of the registry: right fields, readable pairing codes, secrets and their hashes."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from confhub.kernel.limits import PHONE_MAX_CHARS
from confhub.org.rules import Checks, clean_code, clean_optional, clean_text
from confhub.registry.errors import PhoneInvalid
from confhub.registry.values import EndpointDraft

PAIRING_TTL_DAYS: Final = 10
"""Time to print the sheet, carry it to the communes and set the machines up."""

CREDENTIAL_PREFIX: Final = "ep_"
"""Lets log redaction and secret scanners know a room's credential when they see one."""

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 characters without 0, O, 1 and I: nobody mistakes one for another on paper."""

_CODE_CHARS: Final = 12
"""60 bits: at a thousand failures in a quarter of an hour, guessing takes longer than the universe."""

ASKING_TTL_S: Final = 600
"""A code on a screen is read out and typed at once."""

POLL_EVERY_S: Final = 5
"""How often a waiting machine may ask whether somebody has typed its code."""

POLL_SOONEST_S: Final = 4.0
"""Sooner than this is too fast: a second less than told, for lines that deliver unevenly."""

ASKING_EACH: Final = 320
"""Machines of one network that wait at a time: a province's 302 rooms may stand behind one address."""

ASKING_IN_ALL: Final = 4_000
"""Machines that wait at a time: with more, somebody is playing; a code of the other way round still pairs."""

_SCREEN_ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Consonants, as RFC 8628 (6.1) advises: no look-alikes, no digits to hunt for, no words by chance."""

_SCREEN_CHARS: Final = 8
"""34 bits: with all places taken one guess in six millions finds some machine, and guesses are counted."""

DEVICE_CODE_MAX_CHARS: Final = 100

SCREEN_CODE_MAX_CHARS: Final = 60
"""Eight letters, with what people put between them."""

_WITHOUT_ZERO = re.compile(r"[35789][0-9]{8}|2[0-9]{9}")
_PHONE = re.compile(r"[0-9+(][0-9+() .\-/;,]*[0-9)]")


def clean_phone(text: str | None, field: str = "operator_phone") -> str | None:
    """A telephone number as written, blanks tidied; None for nothing. Raises `PhoneInvalid`."""
    if text is None or not text.strip():
        return None
    text = " ".join(text.split())
    if len(text) > PHONE_MAX_CHARS or not _PHONE.fullmatch(text):
        raise PhoneInvalid(field=field, limit=PHONE_MAX_CHARS)
    return text


def with_zero(phone: str) -> str:
    """The number with the 0 that a spreadsheet took for nothing put back in front; others as they are.

    Mobile numbers have nine digits after it and begin with 3, 5, 7, 8 or 9, fixed ones ten and begin with 2
    (plan of numbers of circular 22/2014/TT-BTTTT and its changes of 2017 and 2018).
    """
    digits = re.sub(r"[ .\-]", "", phone)
    return f"0{phone}" if _WITHOUT_ZERO.fullmatch(digits) else phone


def clean_endpoint(draft: EndpointDraft) -> EndpointDraft:
    """The draft with clean texts; raises every field's error."""
    checks = Checks()
    code = checks.take(lambda: clean_code(draft.code), "")
    name = checks.take(lambda: clean_text(draft.name, "name"), "")
    operator = checks.take(lambda: clean_optional(draft.operator_name, "operator_name"), None)
    phone = checks.take(lambda: clean_phone(draft.operator_phone), None)
    checks.finish()
    return EndpointDraft(code, name, draft.unit_id, draft.kind, draft.bandwidth_profile, operator, phone)


def new_pairing_code() -> str:
    """A fresh code for people to type: `K7QD-2MXA-9RTZ`."""
    chars = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_CHARS))
    return "-".join(chars[start : start + 4] for start in range(0, _CODE_CHARS, 4))


def plain_code(typed: str) -> str | None:
    """The twelve characters behind what was typed, or None where it cannot be a code at all."""
    if len(typed) > 64:
        return None
    chars = re.sub(r"[\s\-–_.]", "", typed).upper()
    return chars if len(chars) == _CODE_CHARS and all(char in _ALPHABET for char in chars) else None


def new_screen_code() -> str:
    """A fresh code for a screen, to be read out and typed: `BKTR-WQNX`."""
    chars = "".join(secrets.choice(_SCREEN_ALPHABET) for _ in range(_SCREEN_CHARS))
    return f"{chars[:4]}-{chars[4:]}"


def plain_screen_code(typed: str) -> str | None:
    """The eight letters behind what was typed, or None where it cannot be such a code."""
    if len(typed) > 64:
        return None
    chars = re.sub(r"[\s\-–_.]", "", typed).upper()
    return chars if len(chars) == _SCREEN_CHARS and all(char in _SCREEN_ALPHABET for char in chars) else None


def new_credential() -> str:
    """A room's credential: `ep_` and 256 random bits."""
    return CREDENTIAL_PREFIX + secrets.token_urlsafe(32)


def new_token() -> str:
    """256 random bits for a ticket or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored instead of a random secret: its SHA-256. (Passwords are hashed otherwise.)"""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
