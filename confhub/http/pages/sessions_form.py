"""The form of a session: planned, changed, drawn again with everything that was typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows_anywhere
from confhub.checkin.errors import FiguresWouldChange
from confhub.http.context import actor, path_id, services
from confhub.http.forms import Form, FormModel, check_fields, read_form
from confhub.http.pages.choices import unit_options
from confhub.http.pages.series_rule import RepeatFields, blank_rule, rule_choices, typed_rule
from confhub.http.pages.sessions_prefill import prefilled
from confhub.http.pages.sessions_seen import shown
from confhub.http.pages.sessions_tree import organizing_units, picker
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.seen import seen_now, version_sent
from confhub.http.wishes.sessions import MINUTES_MAX, REASON_MAX_CHARS, ChosenRooms, SessionFields
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.local_time import on_day
from confhub.kernel.permissions import Permission
from confhub.sessions.errors import WrongState
from confhub.sessions.rules import EDITABLE
from confhub.sessions.values import (
    SessionDetails,
    SessionInput,
    SessionKind,
    SessionState,
)

routes = web.RouteTableDef()

TITLE_MAX_CHARS = 2_000
"""As above: a longer title than the services take is told in their words."""

SWITCHES = ("by_plan", "auto_start", "auto_end", "floor_auto_accept")
CHOICES = ("include_units", "exclude_endpoints", "include_endpoints")
FIXED_WHILE_LIVE = frozenset({"start_date", "start_time", "unit_id", "chair_endpoint_id"})


class SessionForm(ChosenRooms, SessionFields, FormModel):
    """What the form sends; the switches come only when they are on. `sure`: what it changes was shown."""

    title: str = Field("", max_length=TITLE_MAX_CHARS)
    kind: SessionKind
    start_date: date
    start_time: time
    length_min: int = Field(ge=0, le=MINUTES_MAX)
    lobby_min: int = Field(ge=0, le=MINUTES_MAX)
    late_min: int = Field(ge=0, le=MINUTES_MAX)
    left_early_min: int = Field(ge=0, le=MINUTES_MAX)
    overrun_min: int = Field(ge=0, le=MINUTES_MAX)
    by_plan: bool = False
    auto_start: bool = False
    auto_end: bool = False
    floor_auto_accept: bool = False
    sure: bool = False
    conflict_reason: str = Field("", max_length=REASON_MAX_CHARS)

    def wanted(self, zone: ZoneInfo) -> SessionInput:
        """As the service takes it; date and hour are those of the house's zone."""
        starts_at = on_day(self.start_date, self.start_time, zone, "start_time")
        return self.input(self.title, starts_at, self.participants())


_INPUTS = {*SessionForm.model_fields, *RepeatFields.model_fields, "participants"}


def house_zone(request: web.Request) -> ZoneInfo:
    """The zone in which people here write their hours."""
    return ZoneInfo(services(request).settings.timezone)


def blank(request: web.Request, unit_id: int) -> dict[str, Any]:
    """A new session's values: tomorrow at eight, for two hours."""
    tomorrow = services(request).clock.now().astimezone(house_zone(request)).date() + timedelta(days=1)
    return {
        "title": "",
        "kind": "meeting",
        "unit_id": unit_id,
        "start_date": tomorrow.isoformat(),
        "start_time": "08:00",
        "length_min": 120,
        "chair_endpoint_id": "",
        "lobby_min": 60,
        "late_min": 5,
        "left_early_min": 5,
        "overrun_min": 30,
        "conflict_reason": "",
        **dict.fromkeys(SWITCHES, True),
        **{name: [] for name in CHOICES},
        **blank_rule(),
    }


def stored(request: web.Request, details: SessionDetails) -> dict[str, Any]:
    """The values of a session that is there."""
    session, chosen = details.session, details.participants
    starts_at = session.starts_at.astimezone(house_zone(request))
    values = {name: getattr(session, name) for name in SessionForm.model_fields if hasattr(session, name)}
    return values | {
        "kind": session.kind.value,
        "chair_endpoint_id": session.chair_endpoint_id or "",
        "start_date": starts_at.date().isoformat(),
        "start_time": starts_at.strftime("%H:%M"),
        "conflict_reason": "",
        **{name: list(getattr(chosen, name)) for name in CHOICES},
    }


def typed(form: Form) -> dict[str, Any]:
    """What came in, whatever it is, to be drawn again."""
    values: dict[str, Any] = {name: form.get(name) for name in SessionForm.model_fields}
    values |= {name: bool(form.get(name)) for name in SWITCHES} | typed_rule(form)
    return values | {name: [int(one) for one in form.all(name) if _is_id(one)] for name in CHOICES}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16  # JavaScript's whole numbers


async def draw(
    request: web.Request,
    details: SessionDetails | None,
    values: dict[str, Any],
    refused: Refusal = NOT_REFUSED,
    error: DomainError | None = None,
    series: Mapping[str, Any] | None = None,
) -> web.StreamResponse:
    """The form's page; with `series` that of a series, which brings what is said of it."""
    seen = series["seen"] if series else None
    if details is not None:
        sent = await read_form(request) if error else None
        seen = seen_now(details.input, await shown(request, details), sent, error)
    return await render(
        request,
        "sessions/edit.html",
        status=refused.status,
        seen=seen,
        session=details.session if details else None,
        values=values,
        errors=named_as_typed(refused.errors),
        units=unit_options(request, await organizing_units(request)),
        picker=await picker(request, _day(values)),
        live=details is not None and details.session.state is SessionState.LIVE,
        ask_sure=isinstance(error, FiguresWouldChange),
        series=series,
        choices=rule_choices(request) if details is None else None,
    )


def _day(values: dict[str, Any]) -> date | None:
    """The form's day: units that do not exist then cannot be chosen. None where it is no date."""
    try:
        text = str(values["start_date"])
        return datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return None


def named_as_typed(errors: dict[str, str]) -> dict[str, str]:
    """Faults by the names of the form's inputs; what has no input of its own stands at the top."""
    renamed: dict[str, str] = {}
    for field, words in errors.items():
        name = field.split(".")[0]
        name = "participants" if name in CHOICES else {"starts_at": "start_date"}.get(name, name)
        renamed.setdefault(name if name in _INPUTS else "", words)
    return renamed


async def carried_out(
    request: web.Request,
    details: SessionDetails,
    save: Callable[[SessionForm, SessionInput, str | None], Awaitable[SessionDetails]],
) -> SessionDetails | web.StreamResponse:
    """Read the form and save; gives the session, or the form drawn again with what is wrong."""
    form = await read_form(request)
    if details.session.state is SessionState.LIVE:
        kept = stored(request, details)  # disabled inputs are not sent
        form.fields.extend((name, str(kept[name])) for name in FIXED_WHILE_LIVE if not form.get(name))
    try:
        sent = check_fields(form, SessionForm)
        return await save(sent, sent.wanted(house_zone(request)), version_sent(form))
    except FORM_ERRORS as error:
        details = await services(request).sessions.get(actor(request), details.session.id)
        return await draw(request, details, typed(form), refusal(request, error), error)


@routes.get("/sessions/new")
async def new(request: web.Request) -> web.StreamResponse:
    """An empty form, but for what the address says."""
    actor(request)
    units = await organizing_units(request)
    if not units:
        if allows_anywhere(actor(request), Permission.SESSION_EDIT):
            return await render(request, "sessions/not_yet.html")
        raise Forbidden()
    return await draw(request, None, blank(request, units[0].id) | prefilled(request, units))


@routes.get(r"/sessions/{id:\d+}/edit")
async def edit(request: web.Request) -> web.StreamResponse:
    """The form of a session that is there."""
    details = await services(request).sessions.get(actor(request), SessionId(path_id(request)))
    if not details.session.may_edit:
        raise Forbidden()
    if details.session.state not in EDITABLE:
        raise WrongState(state=details.session.state.value)
    return await draw(request, details, stored(request, details))


@routes.post(r"/sessions/{id:\d+}/edit")
async def update(request: web.Request) -> web.StreamResponse:
    """Change it."""
    who, sessions = actor(request), services(request).sessions
    details = await sessions.get(who, SessionId(path_id(request)))
    answer = await carried_out(
        request,
        details,
        lambda sent, wanted, seen: sessions.update(
            who, details.session.id, wanted, seen=seen, sure=sent.sure, conflict_reason=sent.conflict_reason
        ),
    )
    if isinstance(answer, web.StreamResponse):
        return answer
    return await saved(request, answer, "saved", (await read_form(request)).get("conflict_reason"))


async def saved(request: web.Request, details: SessionDetails, done: str, reason: str) -> web.StreamResponse:
    """On to the session's page. Where scheduling was asked for and refused, the form shows why: the draft is
    kept, so that nothing typed is lost."""
    session = details.session
    if (await read_form(request)).get("then") != "schedule" or session.state is not SessionState.DRAFT:
        return see_other(f"/sessions/{session.id}", done)
    try:
        await services(request).sessions.schedule(actor(request), session.id, conflict_reason=reason)
    except FORM_ERRORS as error:
        return await _again(request, details, error)
    return see_other(f"/sessions/{session.id}", "scheduled")


async def _again(request: web.Request, details: SessionDetails, error: DomainError) -> web.StreamResponse:
    return await draw(request, details, stored(request, details), refusal(request, error))
