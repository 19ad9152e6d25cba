"""People: the list, one person's record, the form, retiring, a new badge, what is exported and erased."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows
from confhub.http.attachment import attached
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, check_fields, parse_filters, parse_form, read_form
from confhub.http.pages.choices import tree_options, unit_options
from confhub.http.paging import Paged
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.wishes.people import TEXT_MAX_CHARS, PeopleFilters, PersonFields
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import page_count
from confhub.kernel.permissions import Permission
from confhub.people.errors import PersonDuplicate
from confhub.people.values import Person, RegisterState

routes = web.RouteTableDef()


class ListQuery(PeopleFilters, Paged, FormModel):
    """Filters of the list."""


class PersonForm(PersonFields, FormModel):
    """A person as typed. `despite_namesake`: another one of this name was shown."""

    despite_namesake: bool = False


FIELDS = tuple(name for name in PersonForm.model_fields if name != "despite_namesake")


class EraseForm(FormModel):
    """The name typed again, and why."""

    typed_name: str = Field("", max_length=TEXT_MAX_CHARS)
    reason: str = Field("", max_length=TEXT_MAX_CHARS)


@routes.get("/people")
async def listing(request: web.Request) -> web.StreamResponse:
    """The people of the reader's branches."""
    who = actor(request)
    wanted = parse_filters(request, ListQuery)
    found = await services(request).people.people(
        who,
        search=wanted.search,
        unit_id=UnitId(wanted.unit_id) if wanted.unit_id else None,
        state=wanted.state,
        page=wanted.page,
    )
    return await render(
        request,
        "people/list.html",
        found=found,
        wanted=wanted,
        pages=page_count(found.total, PAGE_SIZE),
        units=await tree_options(request),
        filtered=bool(wanted.search or wanted.unit_id or wanted.state is not RegisterState.CURRENT),
        may_edit=lambda person: allows(who, Permission.PERSON_EDIT, person.unit_path),
    )


async def draw_form(
    request: web.Request,
    person: Person | None,
    values: Mapping[str, Any],
    errors: dict[str, str],
    *,
    twin_id: int | None = None,
    status: int = 200,
    error: DomainError | None = None,
) -> web.StreamResponse:
    """The form's page; `twin_id`: the namesake that was found."""
    who = actor(request)
    units = [
        unit
        for unit in await services(request).org.tree(who)
        if allows(who, Permission.PERSON_EDIT, unit.path)
    ]
    if not units:
        raise Forbidden(permission=Permission.PERSON_EDIT.value)
    named = {name if name in FIELDS else "": words for name, words in errors.items()}
    seen = None
    if person is not None:
        shown = labelled(
            request,
            ("Full name", person.name),
            ("Org unit", person.unit_name),
            ("Position", person.position),
            ("Code", person.code),
            ("Date of birth", person.birth_date),
            ("Year of birth", person.birth_year),
            ("Phone", person.phone),
            ("E-mail", person.email),
        )
        seen = seen_now(person.draft, shown, await read_form(request) if error else None, error)
    return await render(
        request,
        "people/edit.html",
        status=status,
        seen=seen,
        person=person,
        values=values,
        errors=named,
        units=unit_options(request, units),
        twin_id=twin_id,
    )


async def refused(request: web.Request, person: Person | None, error: DomainError) -> web.StreamResponse:
    """The form again, with what was typed and what is wrong with it."""
    form = await read_form(request)
    twin_id = error.params.get("other_id") if isinstance(error, PersonDuplicate) else None
    again = refusal(request, error)
    return await draw_form(
        request,
        person,
        {name: form.get(name) for name in FIELDS},
        again.errors,
        twin_id=twin_id if isinstance(twin_id, int) else None,
        status=again.status,
        error=error,
    )


@routes.get("/people/new")
async def new(request: web.Request) -> web.StreamResponse:
    """An empty form."""
    unit_id = request.query.get("unit_id", "")
    return await draw_form(request, None, {**dict.fromkeys(FIELDS, ""), "unit_id": unit_id[:20]}, {})


@routes.post("/people/new")
async def create(request: web.Request) -> web.StreamResponse:
    """Add the person, or draw the form again."""
    who = actor(request)
    try:
        form = await parse_form(request, PersonForm)
        made = await services(request).people.add(who, form.draft(), despite_namesake=form.despite_namesake)
    except FORM_ERRORS as error:
        return await refused(request, None, error)
    return see_other(f"/people/{made.id}", "added")


async def show(
    request: web.Request, attendee_id: int, *, problem: str = "", status: int = 200
) -> web.StreamResponse:
    """One person's record; `problem` says why something was refused."""
    hub, who = services(request), actor(request)
    person = await hub.people.person(who, attendee_id)
    return await render(
        request,
        "people/detail.html",
        status=status,
        person=person,
        history=await hub.histories.of(who, attendee_id),
        looks=await hub.privacy.looks(who, attendee_id),
        merges=await hub.merges.merges(who, attendee_id),
        may_edit=allows(who, Permission.PERSON_EDIT, person.unit_path),
        may_erase=allows(who, Permission.PERSON_ERASE, person.unit_path),
        problem=problem,
    )


@routes.get(r"/people/{id:\d+}")
async def detail(request: web.Request) -> web.StreamResponse:
    """One person; an entry that was merged leads to the person it stands for."""
    actor(request)
    attendee_id = path_id(request)
    standing = await services(request).people.standing_for(attendee_id)
    if standing != attendee_id:
        return see_other(f"/people/{standing}")
    return await show(request, attendee_id)


@routes.get(r"/people/{id:\d+}/edit")
async def edit(request: web.Request) -> web.StreamResponse:
    """The form of a person who is there."""
    who = actor(request)
    person = await services(request).people.person(who, path_id(request))
    if not allows(who, Permission.PERSON_EDIT, person.unit_path):
        raise Forbidden(permission=Permission.PERSON_EDIT.value)
    return await draw_form(request, person, {name: getattr(person, name) for name in FIELDS}, {})


@routes.post(r"/people/{id:\d+}/edit")
async def save(request: web.Request) -> web.StreamResponse:
    """Change the person, or draw the form again."""
    who, attendee_id = actor(request), path_id(request)
    try:
        sent = await read_form(request)
        form = check_fields(sent, PersonForm)
        await services(request).people.update(who, attendee_id, form.draft(), seen=version_sent(sent))
    except FORM_ERRORS as error:
        person = await services(request).people.person(who, attendee_id)
        return await refused(request, person, error)
    return see_other(f"/people/{attendee_id}", "saved")


@routes.post(r"/people/{id:\d+}/{step:retire|restore|badge}")
async def step(request: web.Request) -> web.StreamResponse:
    """Retire the person, bring them back, or draw a new badge."""
    who, attendee_id = actor(request), path_id(request)
    people, wanted = services(request).people, request.match_info["step"]
    try:
        await {"retire": people.retire, "restore": people.restore, "badge": people.redraw_badge}[wanted](
            who, attendee_id
        )
    except FORM_ERRORS as error:
        again = refusal(request, error)
        problem = again.problem
        return await show(request, attendee_id, problem=problem, status=again.status)
    done = {"retire": "saved", "restore": "restored", "badge": "saved"}[wanted]
    return see_other(f"/people/{attendee_id}", done)


@routes.get(r"/people/{id:\d+}/export.json")
async def export(request: web.Request) -> web.StreamResponse:
    """Everything held of the person, to be handed to them."""
    attendee_id = path_id(request)
    held = await services(request).privacy.export(actor(request), attendee_id)
    written = json.dumps(held, ensure_ascii=False, indent=2)
    return attached(f"person-{attendee_id}.json", written.encode())


async def _erase_page(
    request: web.Request, attendee_id: int, typed: str, reason: str, error: DomainError | None = None
) -> web.StreamResponse:
    who = actor(request)
    person = await services(request).people.person(who, attendee_id)
    if not allows(who, Permission.PERSON_ERASE, person.unit_path):
        raise Forbidden(permission=Permission.PERSON_ERASE.value)
    again = refusal(request, error)
    errors = again.errors
    return await render(
        request,
        "people/erase.html",
        status=again.status,
        person=person,
        typed=typed,
        reason=reason,
        errors={name if name in EraseForm.model_fields else "": words for name, words in errors.items()},
    )


@routes.get(r"/people/{id:\d+}/erase")
async def ask_erase(request: web.Request) -> web.StreamResponse:
    """What erasure means, and the form that asks for the name."""
    return await _erase_page(request, path_id(request), "", "")


@routes.post(r"/people/{id:\d+}/erase")
async def erase(request: web.Request) -> web.StreamResponse:
    """Erase the person; the figures stay."""
    who, attendee_id = actor(request), path_id(request)
    form = await read_form(request)
    try:
        sent = check_fields(form, EraseForm)
        await services(request).privacy.erase(who, attendee_id, sent.reason, typed_name=sent.typed_name)
    except FORM_ERRORS as error:
        return await _erase_page(request, attendee_id, form.get("typed_name"), form.get("reason"), error)
    return see_other(f"/people/{attendee_id}", "deleted")
