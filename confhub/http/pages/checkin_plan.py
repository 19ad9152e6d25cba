"""How a session is checked in: ways and margins, breaks, presence prompts, a file afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows_anywhere
from confhub.checkin.errors import FiguresWouldChange
from confhub.checkin.filetable import FIELDS, FileReceipt
from confhub.checkin.values import Way
from confhub.http.context import actor, path_id, services
from confhub.http.errors import words
from confhub.http.forms import FormModel, check_fields, parse_form, read_form
from confhub.http.language import translate
from confhub.http.pages.imports import COLUMN, HEADING, chosen, columns_of, headings_of
from confhub.http.pages.sessions_form import house_zone
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.shapes import RowId
from confhub.http.uploads import takes_file
from confhub.http.wishes.checkin import NUMBER_MAX, PolicyFields
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.kernel.local_time import local_moment
from confhub.kernel.permissions import Permission
from confhub.sheets.choices import LettersChoice, ReadingChoices
from confhub.sheets.errors import FileTooLarge
from confhub.sheets.hidden import PARTS, HiddenChoice
from confhub.sheets.office_rows import REASONS

routes = web.RouteTableDef()

OFFERED = (Way.TABLET, Way.QR, Way.CODE, Way.BADGE)
WAY_NAMES = {
    Way.TABLET: "The operator's tablet",
    Way.QR: "QR code on the room's screen",
    Way.CODE: "Six digits on the room's screen",
    Way.BADGE: "Personal badge",
    Way.FILE: "Import a file afterwards",
    Way.OFFICER: "Training officer",
}
SHOWN_LINES = 200
"""Rows of a file drawn on the page; the counts say how many there are."""


class PolicyForm(PolicyFields, FormModel):
    """Every field of the policy but its secret. `sure`: what it changes was shown."""

    ways: list[Way] = Field(default_factory=list, max_length=len(Way))
    scan_margin_s: int = Field(ge=-NUMBER_MAX, le=NUMBER_MAX)
    guests: bool = False
    complete_percent: int = Field(ge=-NUMBER_MAX, le=NUMBER_MAX)


class BreakForm(FormModel):
    """A break that was not called while it ran; times of the house."""

    starts_at: datetime
    ends_at: datetime


class RemoveForm(FormModel):
    """Which break was none."""

    break_id: RowId


class FileForm(FormModel):
    """`take`: store what is right; else only say what would become of it.

    `letters`: what becomes of texts in an old font; `hidden`: of what is hidden. Columns and
    headings as in the import of units.
    """

    take: bool = False
    letters: LettersChoice = ""
    hidden: HiddenChoice = ""


async def show(
    request: web.Request,
    *,
    values: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    at: str = "",
    receipt: FileReceipt | None = None,
    status: int = 200,
    error: DomainError | None = None,
) -> web.StreamResponse:
    """The page; `errors` of the form `at` (policy, break, file)."""
    who, session_id = actor(request), SessionId(path_id(request))
    hub = services(request)
    plan = await hub.plans.plan(who, session_id)
    session = (await hub.sessions.get(who, session_id)).session
    policy = plan.policy
    shown = labelled(
        request,
        ("Ways", ", ".join(translate(request, WAY_NAMES[way]) for way in policy.ways)),
        ("Margin for late scans, seconds", policy.scan_margin_s),
        ("Guests may be added in the rooms", policy.guests),
        ("Completed from (percent of the time)", policy.complete_percent),
        ("Presence prompts", policy.prompts),
        ("Minutes are deducted from those who do not confirm", policy.prompts_count),
        ("Time counts also while the room is not connected", policy.unconnected_counts),
    )
    sent = await read_form(request) if at == "policy" else None
    typed = (await read_form(request)).values() if at == "break" else {}
    picked = (await read_form(request)).values() if at == "file" else {}
    told = []
    if receipt is not None:
        told = [
            (line, " ".join(part for part in words(request, line.error) if part) if line.error else "")
            for line in receipt.lines
            if line.error is not None
        ]
    return await render(
        request,
        "checkin/plan.html",
        status=status,
        seen=seen_now(policy, shown, sent, error),
        session=session,
        plan=plan,
        offered=OFFERED,
        ask_sure=isinstance(error, FiguresWouldChange),
        may_print=allows_anywhere(who, Permission.PERSON_EDIT),
        values=values
        or {
            "ways": [way.value for way in policy.ways],
            "scan_margin_s": policy.scan_margin_s,
            "guests": policy.guests,
            "prompts": policy.prompts,
            "prompts_count": policy.prompts_count,
            "complete_percent": policy.complete_percent,
            "unconnected_counts": policy.unconnected_counts,
        },
        typed=typed,
        errors=errors or {},
        at=at,
        receipt=receipt,
        wrong=told[:SHOWN_LINES],
        reasons=REASONS,
        parts=PARTS,
        fields=FIELDS,
        said=await _said(request) if at == "file" and receipt is None else {},
        picked={name: picked.get(name, "") for name in ("letters", "hidden")},
        wrong_total=len(told),
    )


async def _said(request: web.Request) -> dict[str, str]:
    """What was said of the file's columns and headings, to be sent again with it."""
    sent = await read_form(request)
    return {name: value for name, value in sent.fields if name.startswith((COLUMN, HEADING))}


@routes.get(r"/sessions/{id:\d+}/checkin")
async def page(request: web.Request) -> web.StreamResponse:
    """Everything about how this session is checked in."""
    return await show(request)


@routes.post(r"/sessions/{id:\d+}/checkin")
async def set_policy(request: web.Request) -> web.StreamResponse:
    """Ways, margin, guests, prompts, completion."""
    try:
        form = await parse_form(request, PolicyForm)
        await services(request).plans.set_policy(
            actor(request),
            SessionId(path_id(request)),
            form.policy(),
            sure=form.sure,
            seen=version_sent(await read_form(request)),
        )  # fmt: skip
    except FORM_ERRORS as error:
        sent = await read_form(request)
        values = {**dict.fromkeys(PolicyForm.model_fields, ""), **sent.values(), "ways": sent.all("ways")}
        again = refusal(request, error)
        return await show(
            request, values=values, errors=again.errors, at="policy", status=again.status,
            error=error,
        )  # fmt: skip
    return _back(request)


@routes.post(r"/sessions/{id:\d+}/checkin/{what:break-begin|break-end|prompt}")
async def now(request: web.Request) -> web.StreamResponse:
    """Begin or end a break, or ask everybody to confirm."""
    plans, who, session_id = services(request).plans, actor(request), SessionId(path_id(request))
    act = {"break-begin": plans.begin_break, "break-end": plans.end_break, "prompt": plans.prompt_now}
    try:
        await act[request.match_info["what"]](who, session_id)
    except FORM_ERRORS as error:
        again = refusal(request, error)
        problem = {"": again.problem}
        return await show(request, errors=problem, at="now", status=again.status)
    return _back(request)


@routes.post(r"/sessions/{id:\d+}/checkin/breaks")
async def add_break(request: web.Request) -> web.StreamResponse:
    """A break that was not called while it ran."""
    try:
        form = await parse_form(request, BreakForm)
        zone = house_zone(request)
        await services(request).plans.add_break(
            actor(request),
            SessionId(path_id(request)),
            local_moment(form.starts_at, zone, "starts_at"),
            local_moment(form.ends_at, zone, "ends_at"),
        )
    except FORM_ERRORS as error:
        again = refusal(request, error)
        return await show(request, errors=again.errors, at="break", status=again.status)
    return _back(request)


@routes.post(r"/sessions/{id:\d+}/checkin/breaks/remove")
async def remove_break(request: web.Request) -> web.StreamResponse:
    """It was none."""
    try:
        form = await parse_form(request, RemoveForm)
        plans = services(request).plans
        await plans.remove_break(actor(request), SessionId(path_id(request)), form.break_id)
    except FORM_ERRORS as error:
        again = refusal(request, error)
        return await show(request, errors=again.errors, at="break", status=again.status)
    return _back(request)


async def may_take_file(request: web.Request) -> None:
    """Somebody who checks people in, in a room of the session."""
    await services(request).checkin.may_take_file(actor(request), SessionId(path_id(request)))


@routes.post(r"/sessions/{id:\d+}/checkin/file")
@takes_file(may_take_file)
async def from_file(request: web.Request) -> web.StreamResponse:
    """Who came and went, out of a file: checked, or taken in."""
    try:
        sent = await read_form(request)
        file = chosen(sent)
        if len(file.content) > IMPORT_MAX_BYTES:
            raise FileTooLarge(field="file", limit_mb=IMPORT_MAX_BYTES // 2**20)
        wanted = check_fields(sent, FileForm)
        receipt = await services(request).checkin.from_file(
            actor(request), SessionId(path_id(request)), file.filename, file.content, dry=not wanted.take,
            choices=ReadingChoices(wanted.letters, columns_of(sent), headings_of(sent), wanted.hidden),
        )  # fmt: skip
    except FORM_ERRORS as error:
        again = refusal(request, error)
        told = again.errors
        at = next((name for name in ("letters", "hidden") if name in told), "file")
        errors = {at: " ".join(told.values())}
        return await show(request, errors=errors, at="file", status=again.status)
    return await show(request, receipt=receipt, at="file")


def _back(request: web.Request) -> web.StreamResponse:
    return see_other(f"/sessions/{path_id(request)}/checkin", "saved")
