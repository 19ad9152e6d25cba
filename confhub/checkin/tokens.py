"""Codes and signatures of check-in: pure, all times handed in.

A room's code is HMAC-SHA256 under the session's secret over the way, the room, the period, and the prompt
that is open: whoever has not seen this room's screen in this period cannot make it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from confhub.checkin import limits
from confhub.checkin.values import OpenPrompt, PersonKind, Visit, Way
from confhub.kernel.ids import EndpointId, SessionId

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, small: no i, l, o, u."""

_MAC_CHARS: Final = 12
"""60 bits of the HMAC in a QR code: guessing one within its 40 s needs 10^16 requests a second."""

_TOKEN = re.compile(f"([{_ALPHABET}]{{1,13}})-([{_ALPHABET}]{{1,13}})-([{_ALPHABET}]{{{_MAC_CHARS}}})")
_SIX = re.compile("[0-9]{6}")
_TICKET = re.compile(
    r"([0-9]{1,19})\.([0-9]{1,19})\.([a-z]{1,10})\.([a-z]{1,10})\.([0-9]{1,12})\.([\w-]{12})\.([0-9]{1,12})\."
    r"([\w-]{22})"
)
_PICK = re.compile(r"([0-9]{1,19})\.([\w-]{22})", re.ASCII)
_DEVICE = re.compile(r"([\w-]{22})\.([\w-]{22})")
_SIGNATURE_BYTES: Final = 16


def qr_token(secret: str, session_id: int, endpoint_id: int, at: datetime, prompt: OpenPrompt | None) -> str:
    """What stands in the QR code's address: session, room, and the code of this moment."""
    code = _code(secret, "qr", endpoint_id, _period(at, limits.QR_PERIOD_S), prompt)
    return f"{_base32(session_id)}-{_base32(endpoint_id)}-{code}"


def six_digits(secret: str, endpoint_id: int, at: datetime, prompt: OpenPrompt | None) -> str:
    """The digits that people type."""
    return _six(secret, endpoint_id, _period(at, limits.SIX_PERIOD_S), prompt)


def named_in(token: str) -> tuple[SessionId, EndpointId] | None:
    """The session and the room that a QR token names, whether or not its code is right."""
    found = _TOKEN.fullmatch(token.lower()) if len(token) <= 60 else None
    if found is None:
        return None
    session_id, endpoint_id = _number(found[1]), _number(found[2])
    if not (0 < session_id < 2**63 and 0 < endpoint_id < 2**63):
        return None
    return SessionId(session_id), EndpointId(endpoint_id)


def qr_period(
    token: str, secret: str, endpoint_id: int, now: datetime, margin_s: int, prompts: tuple[OpenPrompt, ...]
) -> int | None:
    """The period of the token, if the screen showed it up to `margin_s` ago, or shows it now; else None."""
    sent = token.lower()[-_MAC_CHARS:].encode()
    right = None
    for period, prompt in _shown(now, limits.QR_PERIOD_S, margin_s, prompts):
        made = _code(secret, "qr", endpoint_id, period, prompt).encode()
        right = period if hmac.compare_digest(sent, made) else right
    return right


def six_period(
    typed: str, secret: str, endpoint_id: int, now: datetime, margin_s: int, prompts: tuple[OpenPrompt, ...]
) -> int | None:
    """The period of these digits, if the room's screen showed them up to `margin_s` ago or shows them now."""
    right = None
    for period, prompt in _shown(now, limits.SIX_PERIOD_S, margin_s, prompts):
        made = _six(secret, endpoint_id, period, prompt)
        right = period if hmac.compare_digest(typed.encode(), made.encode()) else right
    return right


def plain_six(typed: str) -> str | None:
    """The six digits behind what was typed, or None."""
    digits = re.sub(r"[\s\-.]", "", typed[:40])
    return digits if _SIX.fullmatch(digits) and digits.isascii() else None


def period_end(at: datetime, period_s: int) -> datetime:
    """When the period that `at` lies in ends."""
    return datetime.fromtimestamp((_period(at, period_s) + 1) * period_s, UTC)


def _shown(
    now: datetime, period_s: int, margin_s: int, prompts: tuple[OpenPrompt, ...]
) -> Iterator[tuple[int, OpenPrompt | None]]:
    """Each (period, prompt) whose code stood on the screen within the margin. A period on both sides of a
    prompt's opening has two codes."""
    margin = timedelta(seconds=margin_s)
    for period in range(_period(now - margin, period_s), _period(now, period_s) + 1):
        since = datetime.fromtimestamp(period * period_s, UTC)
        until = min(since + timedelta(seconds=period_s), now)
        shown = [prompt for prompt in prompts if prompt.opens_at <= until and prompt.closes_at > since]
        yield from ((period, prompt) for prompt in shown if now <= prompt.closes_at + margin)
        covering = [prompt.opens_at for prompt in shown if prompt.closes_at > now]
        if not covering or now <= max(covering) + margin:
            yield period, None


def _code(secret: str, way: str, endpoint_id: int, period: int, prompt: OpenPrompt | None) -> str:
    mac = int.from_bytes(_mac(secret, way, endpoint_id, period, prompt)[:8], "big") >> 4
    return _base32(mac).rjust(_MAC_CHARS, "0")


def _six(secret: str, endpoint_id: int, period: int, prompt: OpenPrompt | None) -> str:
    return f"{int.from_bytes(_mac(secret, 'six', endpoint_id, period, prompt)[:8], 'big') % 1_000_000:06d}"


def _mac(secret: str, way: str, endpoint_id: int, period: int, prompt: OpenPrompt | None) -> bytes:
    text = f"{way}|{endpoint_id}|{period}" + (f"|{prompt.id}" if prompt is not None else "")
    return hmac.digest(bytes.fromhex(secret), text.encode(), "sha256")


def _period(at: datetime, period_s: int) -> int:
    return int(at.timestamp() // period_s)


def _base32(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 32)
        digits = _ALPHABET[rest] + digits
        if not number:
            return digits


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 32 + _ALPHABET.index(digit)
    return value


# -- what the hub signs ----------------------------------------------------------------------------


def new_device(key: bytes) -> str:
    """A cookie for a phone that was never here: a random id and its signature."""
    device = secrets.token_urlsafe(16)
    return f"{device}.{_sign(key, 'device', device)}"


def device_of(key: bytes, cookie: str) -> str | None:
    """What a phone is stored as (a hash), or None where the cookie was not made here."""
    found = _DEVICE.fullmatch(cookie)
    if found is None or not hmac.compare_digest(found[2], _sign(key, "device", found[1])):
        return None
    return hashlib.sha256(found[1].encode()).hexdigest()[:32]


def ticket_of(key: bytes, visit: Visit) -> str:
    """The visit as its phone hands it in. The phone itself goes into the signature only."""
    text = _visit_text(visit)
    return f"{text}.{_sign(key, 'visit', visit.device, text)}"


def visit_of(key: bytes, ticket: str, device: str) -> Visit | None:
    """The visit behind a ticket that was made here for this phone, over or not; else None."""
    found = _TICKET.fullmatch(ticket) if len(ticket) <= 200 and ticket.isascii() else None
    if found is None:
        return None
    text = ticket[: -len(found[8]) - 1]
    if not hmac.compare_digest(found[8], _sign(key, "visit", device, text)):
        return None
    return Visit(
        SessionId(int(found[1])),
        EndpointId(int(found[2])),
        device,
        Way(found[3]),
        PersonKind(found[4]),
        datetime.fromtimestamp(int(found[5]), UTC),
        found[6],
        int(found[7]),
    )


def pick_of(key: bytes, visit: Visit, attendee_id: int) -> str:
    """What stands for a person in a phone's answers and forms: good in this visit alone, so that nobody is
    reached by counting numbers."""
    return f"{attendee_id}.{_sign(key, 'pick', visit.device, visit.nonce, str(attendee_id))}"


def picked(key: bytes, visit: Visit, pick: str) -> int | None:
    """The person behind a pick of this visit, else None."""
    found = _PICK.fullmatch(pick) if len(pick) <= 60 else None
    if found is None or not hmac.compare_digest(pick, pick_of(key, visit, int(found[1]))):
        return None
    return int(found[1])


def likeness(key: bytes, text: str) -> str:
    """A mark that tells whether two texts are alike and nothing else; "" for none."""
    return hmac.digest(key, f"likeness|{text}".encode(), "sha256").hex()[:16] if text else ""


def new_key() -> str:
    """A key for cookies and visits, hexadecimal."""
    return secrets.token_hex(32)


def new_nonce() -> str:
    """Tells one visit from another."""
    return secrets.token_urlsafe(9)


def _visit_text(visit: Visit) -> str:
    until = int(visit.until.timestamp())
    place = f"{visit.session_id}.{visit.endpoint_id}"
    return f"{place}.{visit.way}.{visit.does}.{until}.{visit.nonce}.{visit.period}"


def _sign(key: bytes, *parts: str) -> str:
    mac = hmac.digest(key, "|".join(parts).encode(), "sha256")[:_SIGNATURE_BYTES]
    return urlsafe_b64encode(mac).rstrip(b"=").decode()
