"""xAPI statements (version 1.0.3): what is said of whom, and under which id. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

ATTENDED: Final = "attended"
COMPLETED: Final = "completed"
VOIDED: Final = "voided"

_SPACE: Final = UUID("7c5b1c0e-6d0c-5f0e-9a55-0f3a3c1d8e21")
"""The namespace of our statements' ids."""
_VERBS: Final = {
    ATTENDED: {"en": "attended", "vi": "đã tham dự"},
    COMPLETED: {"en": "completed", "vi": "đã hoàn thành"},
    VOIDED: {"en": "voided", "vi": "đã thu hồi"},
}
_SESSION_TYPE: Final = "http://adlnet.gov/expapi/activities/meeting"
_COURSE_TYPE: Final = "http://adlnet.gov/expapi/activities/course"


def actor(home: str, attendee_id: int, code: str | None) -> dict[str, Any]:
    """An account at this hub: the person's code, or a number that says nothing; never name or e-mail."""
    return {
        "objectType": "Agent",
        "account": {"homePage": home, "name": code or f"person-{attendee_id}"},
    }


def course_activity(home: str, course_id: int, title: str) -> dict[str, Any]:
    """A course as an xAPI activity."""
    return _activity(f"{home}/courses/{course_id}", _COURSE_TYPE, title)


def session_activity(home: str, session_id: int, title: str) -> dict[str, Any]:
    """A session as an xAPI activity."""
    return _activity(f"{home}/sessions/{session_id}", _SESSION_TYPE, title)


def _activity(iri: str, kind: str, title: str) -> dict[str, Any]:
    return {"objectType": "Activity", "id": iri, "definition": {"type": kind, "name": {"vi": title}}}


def statement(
    verb: str,
    who: dict[str, Any],
    what: dict[str, Any],
    *,
    home: str,
    millis: int,
    completion: bool,
    at: datetime,
    unit: tuple[str, str],
    parent: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The statement without its id. `unit`: the person's unit as (code, name); `parent`: the course."""
    context: dict[str, Any] = {
        "platform": "confhub",
        "language": "vi",
        "extensions": {f"{home}/xapi/unit": {"code": unit[0], "name": unit[1]}},
    }
    if parent is not None:
        context["contextActivities"] = {"parent": [parent]}
    return {
        "actor": who,
        "verb": _verb(verb),
        "object": what,
        "result": {"completion": completion, "duration": duration(millis)},
        "context": context,
        "timestamp": _moment(at),
    }


def voiding(home: str, statement_id: str, at: datetime) -> dict[str, Any]:
    """The statement that takes another one back (xAPI 1.0.3, part 2, 2.3.2), said by the hub itself."""
    return {
        "actor": {"objectType": "Agent", "account": {"homePage": home, "name": "confhub"}},
        "verb": _verb(VOIDED),
        "object": {"objectType": "StatementRef", "id": statement_id},
        "timestamp": _moment(at),
    }


def statement_id(home: str, body: dict[str, Any], taken_back: int = 0) -> str:
    """Made from what is said, so that the same is never stated twice. `taken_back`: how often the very same
    was voided before, for a voided id never counts again."""
    said = json.dumps([home, body, taken_back], sort_keys=True, ensure_ascii=False)
    return str(uuid5(_SPACE, said))


def duration(millis: int) -> str:
    """ISO 8601, to the hundredth of a second, as xAPI compares it: `PT1H2M3.45S`."""
    hundredths = max(0, millis) // 10
    hours, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    seconds = f"{rest / 100:.2f}".rstrip("0").rstrip(".")
    parts = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return f"PT{parts}{seconds}S" if rest or not parts else f"PT{parts}"


def _verb(name: str) -> dict[str, Any]:
    return {"id": f"http://adlnet.gov/expapi/verbs/{name}", "display": _VERBS[name]}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
