"""Cursors of the API's long lists: where a page ended, so that what is added meanwhile moves nothing."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from pydantic import Field

from confhub.http.context import BIGINT_MAX
from confhub.http.paging import Sized
from confhub.kernel.errors import Invalid

CURSOR_MAX_CHARS = 200


class CursorInvalid(Invalid):
    """What came is no cursor that this list gave."""

    code = "cursor_invalid"
    message = "This is no cursor of this list."
    remedy = "Leave it out to begin anew, or send the next_cursor of the last answer unchanged."


class Cursored(Sized):
    """`cursor`: the `next_cursor` of the answer before; `page` does not count then."""

    cursor: str | None = Field(default=None, max_length=CURSOR_MAX_CHARS)


Place = tuple[datetime, int]
"""Of a row in its list: its moment and its number."""


def write_cursor(place: Place | None) -> str | None:
    """The cursor that goes on after a place; None at the end of the list."""
    if place is None:
        return None
    text = json.dumps([place[0].isoformat(), place[1]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> Place | None:
    """The place in a cursor; None for none. Raises `CursorInvalid`, whatever came."""
    if text is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        moment, number = json.loads(raw)
        at = datetime.fromisoformat(moment)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise CursorInvalid(field="cursor") from None
    if at.tzinfo is None or type(number) is not int or not 0 < number <= BIGINT_MAX:
        raise CursorInvalid(field="cursor")
    return at, number
