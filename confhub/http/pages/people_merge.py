"""Duplicates of people: suggested pairs, merging two entries, undoing a merge."""

from __future__ import annotations

from aiohttp import web

from confhub.access.rules import require_anywhere
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form
from confhub.http.pages.choices import tree_options
from confhub.http.pages.people import show
from confhub.http.paging import Paged, Searched
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import page_count
from confhub.kernel.permissions import Permission

routes = web.RouteTableDef()

CANDIDATES_SHOWN = 20
"""People offered for a merge by one search; a longer list is searched more closely."""


class PairsQuery(Paged, FormModel):
    """Filters of the suggested pairs."""

    unit_id: RowId | None = None


class PairForm(FormModel):
    """Two entries that are two people."""

    first: RowId
    second: RowId


class MergeQuery(Searched, FormModel):
    """Whom to look for, or the other entry that was chosen."""

    other: RowId | None = None


class OtherForm(FormModel):
    """The entry that is merged into the person of the page."""

    other: RowId


@routes.get("/people/duplicates")
async def pairs(request: web.Request) -> web.StreamResponse:
    """Pairs that may be one person."""
    who = actor(request)
    require_anywhere(who, Permission.PERSON_EDIT)
    wanted = parse_filters(request, PairsQuery)
    found = await services(request).merges.suggestions(
        who, unit_id=UnitId(wanted.unit_id) if wanted.unit_id else None, page=wanted.page
    )
    return await render(
        request,
        "people/duplicates.html",
        found=found,
        wanted=wanted,
        pages=page_count(found.total, PAGE_SIZE),
        units=await tree_options(request),
    )


@routes.post("/people/duplicates/distinct")
async def are_two(request: web.Request) -> web.StreamResponse:
    """These are two people: the pair is not suggested again."""
    pair = await parse_form(request, PairForm)
    await services(request).merges.are_two(actor(request), pair.first, pair.second)
    return see_other("/people/duplicates", "saved")


async def _merge_page(
    request: web.Request, kept_id: int, wanted: MergeQuery, error: DomainError | None = None
) -> web.StreamResponse:
    hub, who = services(request), actor(request)
    preview = None
    if wanted.other is not None and error is None:
        try:
            preview = await hub.merges.preview(who, kept_id, wanted.other)
        except FORM_ERRORS as found:
            error = found
    person = preview.kept if preview else await hub.people.person(who, kept_id, what="merge")
    words = wanted.search or person.name
    people = await hub.people.people(who, search=words, size=CANDIDATES_SHOWN + 1)
    again = refusal(request, error)
    return await render(
        request,
        "people/merge.html",
        status=again.status,
        person=person,
        preview=preview,
        search=words,
        candidates=[one for one in people.rows if one.id != kept_id][:CANDIDATES_SHOWN],
        problem=again.problem,
    )


@routes.get(r"/people/{id:\d+}/merge")
async def choose(request: web.Request) -> web.StreamResponse:
    """Search the other entry, then see what a merge would leave."""
    require_anywhere(actor(request), Permission.PERSON_EDIT)
    return await _merge_page(request, path_id(request), parse_filters(request, MergeQuery))


@routes.post(r"/people/{id:\d+}/merge")
async def merge(request: web.Request) -> web.StreamResponse:
    """Merge the other entry into this person."""
    who, kept_id = actor(request), path_id(request)
    try:
        other = (await parse_form(request, OtherForm)).other
        await services(request).merges.merge(who, kept_id, other)
    except FORM_ERRORS as error:
        return await _merge_page(request, kept_id, MergeQuery(search=""), error)
    return see_other(f"/people/{kept_id}", "merged")


@routes.post(r"/people/{id:\d+}/merges/{merge:\d+}/undo")
async def undo(request: web.Request) -> web.StreamResponse:
    """Both stand alone again."""
    attendee_id = path_id(request)
    try:
        await services(request).merges.undo(actor(request), path_id(request, "merge"))
    except FORM_ERRORS as error:
        again = refusal(request, error)
        problem = again.problem
        return await show(request, attendee_id, problem=problem, status=again.status)
    return see_other(f"/people/{attendee_id}", "unmerged")
