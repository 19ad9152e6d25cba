"""Weekly schedules: a unit's week, its papers, its own entries, and how far it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.access.rules import require_anywhere
from confhub.http.attachment import attached
from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, read_form
from confhub.http.language import translate
from confhub.http.pages.choices import today, tree_options
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.shapes import RowId
from confhub.http.wishes.weekly import EntryFields, NoteFields
from confhub.i18n.formats import Formats
from confhub.kernel.errors import DomainError, NotFound
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.weekly.drawing import Form
from confhub.weekly.rules import DAYS, is_morning, week_name
from confhub.weekly.service import WeeklyService
from confhub.weekly.values import EntryDraft, Reach
from confhub.weekly.words import Words

routes = web.RouteTableDef()

_HERE = r"/units/{id:\d+}/weekly/{week:\d{4}-W\d{2}}"
_LABELS = (
    ("place", "Place, rooms"),
    ("chair", "Chaired by"),
    ("participants", "Attending"),
    ("prepared_by", "Prepared by"),
)


class WeekQuery(FormModel):
    """Of whom, and which week holds this day."""

    unit_id: RowId | None = None
    day: date | None = None


class EntryForm(EntryFields, FormModel):
    """An entry, as typed."""


class NoteForm(NoteFields, FormModel):
    """What the schedule says of a session, as typed."""


class ReachForm(FormModel):
    """Whose sessions come in."""

    reach: Reach


class SeenForm(FormModel):
    """The version of the lines that whoever approves has read."""

    seen: str = Field("", max_length=40)


class DayQuery(FormModel):
    """The day that a new entry begins with."""

    day: date | None = None


def _asked(request: web.Request) -> tuple[UnitId, str]:
    return UnitId(path_id(request)), request.match_info["week"]


def _address(request: web.Request) -> str:
    unit_id, week = _asked(request)
    return f"/units/{unit_id}/weekly/{week}"


def _words(request: web.Request) -> Words:
    hub = services(request)
    spoken = language(request)
    return Words(hub.catalogue.into(spoken), Formats(spoken, hub.settings.timezone))


@routes.get("/weekly")
async def choose(request: web.Request) -> web.StreamResponse:
    """To the chosen unit's week; by default to this week of the first unit that the reader has."""
    who = actor(request)
    require_anywhere(who, Permission.SESSION_VIEW)
    wanted = parse_filters(request, WeekQuery)
    units = await services(request).org.tree(who)
    if wanted.unit_id is None and not units:
        raise NotFound
    unit = wanted.unit_id or units[0].id
    return see_other(f"/units/{unit}/weekly/{week_name(wanted.day or today(request))}")


@routes.get(_HERE)
async def week(request: web.Request) -> web.StreamResponse:
    """The week."""
    return await _show(request)


async def _show(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    unit_id, name = _asked(request)
    found = await services(request).weekly.get(actor(request), unit_id, name)
    again = refusal(request, error)
    return await render(
        request,
        "weekly/week.html",
        status=again.status,
        found=found,
        name=name,
        here=_address(request),
        words=_words(request),
        is_morning=is_morning,
        last=found.monday + timedelta(days=DAYS - 1),
        before=week_name(found.monday - timedelta(days=1)),
        after=week_name(found.monday + timedelta(days=DAYS)),
        current=week_name(today(request)),
        units=await tree_options(request),
        problem=again.problem,
    )


@routes.get(_HERE + r".{form:pdf|docx}")
async def paper(request: web.Request) -> web.StreamResponse:
    """As a file."""
    form: Form = "pdf" if request.match_info["form"] == "pdf" else "docx"
    name, content = await services(request).week_papers.make(
        actor(request), *_asked(request), form, language(request)
    )
    return attached(name, content)


@routes.post(_HERE + r"/{step:approve|publish|reopen|copy|reach}")
async def step(request: web.Request) -> web.StreamResponse:
    """Bring the schedule on."""
    name, who, asked = request.match_info["step"], actor(request), _asked(request)
    weekly = services(request).weekly

    async def approve() -> None:
        sent = await parse_form(request, SeenForm)
        await weekly.approve(who, *asked, seen=sent.seen or None)

    async def reach() -> None:
        await weekly.set_reach(who, *asked, (await parse_form(request, ReachForm)).reach)

    async def plain() -> None:
        call: Callable[..., Awaitable[Any]] = {
            "publish": WeeklyService.publish,
            "reopen": WeeklyService.reopen,
            "copy": WeeklyService.copy_last,
        }[name]
        await call(weekly, who, *asked)

    try:
        await {"approve": approve, "reach": reach}.get(name, plain)()
    except FORM_ERRORS as error:
        return await _show(request, error)
    done = {"approve": "week_approved", "publish": "week_published", "reopen": "week_reopened"}
    return see_other(_address(request), done.get(name, "copied" if name == "copy" else "saved"))


# -- own entries ---------------------------------------------------------------------------------------


@routes.get(_HERE + "/entries/new")
async def new(request: web.Request) -> web.StreamResponse:
    """The form of an entry."""
    return await _form(request)


@routes.get(_HERE + r"/entries/{entry:\d+}")
async def entry(request: web.Request) -> web.StreamResponse:
    """The form of an entry that is there."""
    return await _form(request, path_id(request, "entry"))


async def _form(
    request: web.Request, key: int | None = None, error: DomainError | None = None
) -> web.StreamResponse:
    unit_id, name = _asked(request)
    hub, who = services(request), actor(request)
    found = await hub.weekly.get(who, unit_id, name)
    if not found.may_edit:
        raise NotFound
    stored = None if key is None else await hub.weekly.entry(who, unit_id, name, key)
    day = None
    if key is None and error is None:
        day = parse_filters(request, DayQuery).day
    values = _values(stored, day or found.monday)
    sent = await read_form(request) if error else None
    if sent is not None:
        values = dict(sent.values())
    again = refusal(request, error)
    formats = Formats(language(request), hub.settings.timezone)
    days = [found.monday + timedelta(days=number) for number in range(DAYS)]
    shown = labelled(request, *_said(stored)) if stored is not None else []
    return await render(
        request,
        "weekly/entry.html",
        status=again.status,
        found=found,
        here=_address(request),
        action=f"{_address(request)}/entries" + (f"/{key}" if key else ""),
        key=key,
        days=[(one.isoformat(), formats.weekday_date(one)) for one in days],
        values=values,
        labels=[(field, translate(request, label)) for field, label in _LABELS],
        errors=again.errors,
        seen=None if stored is None else seen_now(stored, shown, sent, error),
    )


def _values(stored: EntryDraft | None, day: date) -> dict[str, str]:
    if stored is None:
        return {"day": day.isoformat()}
    values = {name: "" if value is None else str(value) for name, value in asdict(stored).items()}
    values["begins"] = f"{stored.begins:%H:%M}"
    values["ends"] = "" if stored.ends is None else f"{stored.ends:%H:%M}"
    return values


def _said(stored: EntryDraft) -> list[tuple[str, object]]:
    ends = "" if stored.ends is None else f"{stored.ends:%H:%M}"
    texts = [(label, getattr(stored, field)) for field, label in _LABELS]
    return [("Date", stored.day), ("Begins", f"{stored.begins:%H:%M}"), ("Ends", ends),
            ("Content", stored.content), *texts]  # fmt: skip


@routes.post(_HERE + "/entries")
async def add(request: web.Request) -> web.StreamResponse:
    """A new entry."""
    try:
        typed = await parse_form(request, EntryForm)
        await services(request).weekly.add(actor(request), *_asked(request), typed.draft())
    except FORM_ERRORS as error:
        return await _form(request, error=error)
    return see_other(_address(request), "added")


@routes.post(_HERE + r"/entries/{entry:\d+}")
async def edit(request: web.Request) -> web.StreamResponse:
    """Another content."""
    key = path_id(request, "entry")
    try:
        typed = await parse_form(request, EntryForm)
        await services(request).weekly.edit(
            actor(request), *_asked(request), key, typed.draft(),
            seen=version_sent(await read_form(request)),
        )  # fmt: skip
    except FORM_ERRORS as error:
        return await _form(request, key, error)
    return see_other(_address(request), "saved")


@routes.post(_HERE + r"/entries/{entry:\d+}/remove")
async def remove(request: web.Request) -> web.StreamResponse:
    """Take it out."""
    await services(request).weekly.remove(actor(request), *_asked(request), path_id(request, "entry"))
    return see_other(_address(request), "deleted")


# -- texts of sessions ---------------------------------------------------------------------------------


@routes.get(_HERE + r"/sessions/{session:\d+}")
async def note(request: web.Request) -> web.StreamResponse:
    """What the schedule says of a session."""
    return await _note(request)


async def _note(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    session = SessionId(path_id(request, "session"))
    found = await services(request).weekly.session(actor(request), *_asked(request), session)
    values: dict[str, Any] = asdict(found.note)
    shown = labelled(request, *((label, getattr(found.note, name)) for name, label in _LABELS))
    sent = await read_form(request) if error else None
    if sent is not None:
        values = dict(sent.values())
    again = refusal(request, error)
    return await render(
        request,
        "weekly/note.html",
        status=again.status,
        found=found,
        here=_address(request),
        words=_words(request),
        values=values,
        labels=[(field, translate(request, label)) for field, label in _LABELS],
        errors=again.errors,
        seen=seen_now(found.note, shown, sent, error),
    )


@routes.post(_HERE + r"/sessions/{session:\d+}")
async def set_note(request: web.Request) -> web.StreamResponse:
    """Say it anew."""
    try:
        typed = await parse_form(request, NoteForm)
        await services(request).weekly.note(
            actor(request), *_asked(request), SessionId(path_id(request, "session")), typed.note(),
            seen=version_sent(await read_form(request)),
        )  # fmt: skip
    except FORM_ERRORS as error:
        return await _note(request, error)
    return see_other(_address(request), "saved")
