"""Import of people and of the rooms' lists: upload, look at the dry run, apply all or nothing."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, services
from confhub.http.forms import FormModel, check_fields, parse_form, parse_query, read_form
from confhub.http.pages.choices import tree_options
from confhub.http.pages.imports import chosen, columns_of, headings_of
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.http.uploads import takes_file
from confhub.http.wishes.people_import import PeopleChoices
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.rosters.columns import FIELDS
from confhub.rosters.import_rows import MARKS
from confhub.rosters.limits import PAGES_MAX
from confhub.rosters.plan import FIELD_LABELS, ImportChoices, PeoplePlan
from confhub.rosters.questions import FOR_ALL
from confhub.sheets.errors import FileTooLarge
from confhub.sheets.hidden import PARTS
from confhub.sheets.office_rows import REASONS

routes = web.RouteTableDef()

ANSWER = "answer "
"""What the name of a question's field begins with; the question's key follows."""


class ChoicesForm(PeopleChoices, FormModel):
    """The form's choices."""

    def choices(self, **more: Any) -> ImportChoices:
        """As the service takes them."""
        fields = {name: getattr(self, name) for name in ChoicesForm.model_fields}
        return ImportChoices(**fields, **more)


class ReviseForm(ChoicesForm):
    """The preview's form: other choices, and a field `answer <key>` for each question."""

    draft: str = Field(min_length=1, max_length=200)
    page: int = Field(0, ge=0, le=PAGES_MAX)


class ForQuery(FormModel):
    """The list that a page came from."""

    session: RowId | None = None
    course: RowId | None = None


class ApplyForm(FormModel):
    token: str = Field(min_length=1, max_length=200)


async def _form(
    request: web.Request, values: dict[str, Any], error: DomainError | None = None
) -> web.StreamResponse:
    title = ""
    if values.get("session_id"):
        found = await services(request).sessions.get(actor(request), SessionId(int(values["session_id"])))
        title = found.session.title
    elif values.get("course_id"):
        title = (await services(request).courses.get(actor(request), int(values["course_id"]))).course.title
    again = refusal(request, error)
    return await render(
        request,
        "people/import.html",
        status=again.status,
        errors=again.errors,
        values={**ChoicesForm().model_dump(), **values},
        title_of_list=title,
        units=await tree_options(request),
    )


@routes.get("/people/import")
async def form(request: web.Request) -> web.StreamResponse:
    """Choose a file; for a session's or a course's lists where a page of those sent us."""
    wanted = parse_query(request, ForQuery)
    values: dict[str, Any] = {}
    if wanted.session is not None:
        values = {"roster": "session", "session_id": wanted.session}
    elif wanted.course is not None:
        values = {"roster": "course", "course_id": wanted.course}
    return await _form(request, values)


async def may_import(request: web.Request) -> None:
    """Somebody with the right to import people."""
    services(request).people_imports.may(actor(request))


@routes.post("/people/import")
@takes_file(may_import)
async def preview(request: web.Request) -> web.StreamResponse:
    """The dry run."""
    who = actor(request)
    values: dict[str, Any] = {}
    try:
        sent = await read_form(request)
        wanted = check_fields(sent, ChoicesForm)
        values = wanted.model_dump()
        file = chosen(sent)
        if len(file.content) > IMPORT_MAX_BYTES:
            raise FileTooLarge(field="file", limit_mb=IMPORT_MAX_BYTES // 2**20)
        plan = await services(request).people_imports.preview(
            who, file.filename, file.content, wanted.choices()
        )
    except FORM_ERRORS as error:
        return await _form(request, values, error)
    return await show_plan(request, plan)


@routes.post("/people/import/revise")
async def revise(request: web.Request) -> web.StreamResponse:
    """The dry run of the same file, with answers and other choices."""
    who = actor(request)
    values: dict[str, Any] = {}
    try:
        sent = await read_form(request)
        wanted = check_fields(sent, ReviseForm)
        values = wanted.model_dump(exclude={"draft", "page"})
        answers = {name.removeprefix(ANSWER): value for name, value in sent.fields if name.startswith(ANSWER)}
        choices = wanted.choices(
            answers=answers, columns=columns_of(sent), headings=headings_of(sent), page=wanted.page
        )
        plan = await services(request).people_imports.revise(who, wanted.draft, choices)
    except FORM_ERRORS as error:
        return await _form(request, values, error)
    return await show_plan(request, plan)


async def show_plan(request: web.Request, plan: PeoplePlan) -> web.StreamResponse:
    """The preview's page."""
    wanted = plan.choices
    again = "/people/import"
    if wanted.session_id is not None:
        again = f"/people/import?session={wanted.session_id}"
    elif wanted.course_id is not None:
        again = f"/people/import?course={wanted.course_id}"
    return await render(
        request,
        "people/import_plan.html",
        status=200 if plan.ok else 422,
        plan=plan,
        labels=FIELD_LABELS,
        fields=FIELDS,
        reasons=REASONS,
        parts=PARTS,
        marks=MARKS,
        for_all={kind: FOR_ALL[kind] for kind in FOR_ALL if plan.questions_of_kind.get(kind, 0) > 1},
        again=again,
    )


@routes.post("/people/import/apply")
async def apply(request: web.Request) -> web.StreamResponse:
    """Carry out what the dry run showed."""
    who = actor(request)
    try:
        token = (await parse_form(request, ApplyForm)).token
        done = await services(request).people_imports.apply(who, token)
    except FORM_ERRORS as error:
        return await _form(request, {}, error)
    scope = done.choices.scope
    if scope is not None and scope.session_id is not None:
        return see_other(f"/sessions/{scope.session_id}/rosters", "imported")
    if scope is not None and scope.course_id is not None:
        return see_other(f"/courses/{scope.course_id}/rosters", "imported")
    return see_other("/people", "imported")


@routes.get("/people/import/apply")
async def applied(request: web.Request) -> web.StreamResponse:
    """A reload after applying: back to the start."""
    return see_other("/people/import")
