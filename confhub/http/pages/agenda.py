"""The agenda of a session, item by item, and its documents."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.agenda.errors import DocumentUnknown, ItemUnknown
from confhub.agenda.limits import DOCUMENT_MAX_BYTES
from confhub.agenda.values import Agenda, Document, DocumentDraft, Item, Readers
from confhub.http.attachment import attached_stream
from confhub.http.bodies import DOCUMENT_FORM
from confhub.http.context import actor, path_id, services
from confhub.http.documents import file_name_of, may_add, may_renew
from confhub.http.forms import Form, FormModel, check_fields, parse_form, read_form
from confhub.http.pages.imports import FileMissing
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.shapes import RowId
from confhub.http.uploads import NothingInFile, takes_file
from confhub.http.wishes.agenda import DocumentWish, ItemWish
from confhub.kernel.errors import DomainError, Unavailable

routes = web.RouteTableDef()

MINUTES = 15
"""What a new item's form shows."""

UPLOAD_ERRORS = (*FORM_ERRORS, Unavailable)


class ItemForm(ItemWish, FormModel):
    """An item as typed."""


class MoveForm(FormModel):
    """Where an item goes, from 0."""

    place: int = Field(ge=0, le=1_000_000)


class SourceForm(FormModel):
    """The session whose agenda is taken over."""

    source: RowId


class DocumentForm(DocumentWish, FormModel):
    """A document as typed; without a title, the file's name is it."""

    title: str = Field("", max_length=5_000)


async def _agenda(
    request: web.Request, error: DomainError | None = None, values: dict[str, str] | None = None
) -> web.StreamResponse:
    """`values`: of the form for a document that was refused."""
    again = refusal(request, error)
    return await render(
        request,
        "agenda/agenda.html",
        status=again.status,
        errors=again.errors,
        agenda=await services(request).agendas.agenda(actor(request), path_id(request)),
        values=values or {},
        max_mb=DOCUMENT_MAX_BYTES >> 20,
    )


@routes.get(r"/sessions/{id:\d+}/agenda")
async def show(request: web.Request) -> web.StreamResponse:
    """Items with their hours, rooms and documents."""
    return await _agenda(request)


@routes.get(r"/sessions/{id:\d+}/agenda/new")
@routes.post(r"/sessions/{id:\d+}/agenda/new")
async def add(request: web.Request) -> web.StreamResponse:
    """The form for one more item."""
    who, session_id, found = actor(request), path_id(request), services(request).agendas
    if request.method != "POST":
        return await _item(request, await found.agenda(who, session_id), None)
    try:
        await found.add(who, session_id, (await parse_form(request, ItemForm)).draft())
    except FORM_ERRORS as error:
        return await _item(request, await found.agenda(who, session_id), None, error)
    return see_other(f"/sessions/{session_id}/agenda", "added")


@routes.get(r"/sessions/{id:\d+}/agenda/{item:\d+}")
@routes.post(r"/sessions/{id:\d+}/agenda/{item:\d+}")
async def change(request: web.Request) -> web.StreamResponse:
    """The form of an item."""
    who, session_id, found = actor(request), path_id(request), services(request).agendas
    item_id = path_id(request, "item")
    agenda = await found.agenda(who, session_id)
    item = next((one for one in agenda.items if one.id == item_id), None)
    if item is None:
        raise ItemUnknown
    if request.method != "POST":
        return await _item(request, agenda, item)
    try:
        form = await parse_form(request, ItemForm)
        seen = version_sent(await read_form(request))
        await found.change(who, session_id, item_id, form.draft(), seen=seen)
    except FORM_ERRORS as error:
        return await _item(request, agenda, item, error)
    return see_other(f"/sessions/{session_id}/agenda", "saved")


async def _item(
    request: web.Request, agenda: Agenda, item: Item | None, error: DomainError | None = None
) -> web.StreamResponse:
    again = refusal(request, error)
    sent = await read_form(request) if error is not None else None
    values: dict[str, Any] = {"minutes": MINUTES, "rooms": []}
    seen = None
    if item is not None:
        values = {"title": item.title, "minutes": item.minutes, "presenter": item.presenter,
                  "rooms": [str(room.id) for room in item.rooms]}  # fmt: skip
        names = ", ".join(room.name for room in item.rooms)
        shown = labelled(
            request, ("Item", item.title), ("Minutes", item.minutes), ("Presented by", item.presenter),
            ("Rooms that speak", names),
        )  # fmt: skip
        seen = seen_now(item.draft, shown, sent, error)
    if sent is not None:
        values = {**sent.values(), "rooms": sent.all("rooms")}
    return await render(
        request,
        "agenda/item.html",
        status=again.status,
        errors=again.errors,
        agenda=agenda,
        item=item,
        values=values,
        seen=seen,
        rooms=await services(request).agendas.rooms(actor(request), agenda.session_id),
    )


@routes.post(r"/sessions/{id:\d+}/agenda/{item:\d+}/{what:move|remove}")
async def arrange(request: web.Request) -> web.StreamResponse:
    """Put an item elsewhere, or take it off."""
    who, session_id, found = actor(request), path_id(request), services(request).agendas
    item_id = path_id(request, "item")
    try:
        if request.match_info["what"] == "move":
            await found.move(who, session_id, item_id, (await parse_form(request, MoveForm)).place)
        else:
            await found.remove(who, session_id, item_id)
    except FORM_ERRORS as error:
        return await _agenda(request, error)
    return see_other(f"/sessions/{session_id}/agenda", "saved")


@routes.post(r"/sessions/{id:\d+}/agenda/take-over")
async def take_over(request: web.Request) -> web.StreamResponse:
    """Another session's items come to the end."""
    who, session_id = actor(request), path_id(request)
    try:
        source = (await parse_form(request, SourceForm)).source
        await services(request).agendas.take_over(who, session_id, source)
    except (*FORM_ERRORS, ItemUnknown) as error:
        return await _agenda(request, error)
    return see_other(f"/sessions/{session_id}/agenda", "saved")


@routes.post(r"/sessions/{id:\d+}/documents")
@takes_file(may_add, DOCUMENT_FORM)
async def add_document(request: web.Request) -> web.StreamResponse:
    """A PDF is sent, with who may read it."""
    who, session_id = actor(request), path_id(request)
    try:
        sent = await read_form(request)
        wanted = check_fields(sent, DocumentForm)
        name, content = _file(sent)
        title = wanted.title or name.rpartition(".")[0] or name
        draft = DocumentDraft(title, wanted.readers, wanted.item_id)
        await services(request).documents.add(who, session_id, draft, content)
    except UPLOAD_ERRORS as error:
        return await _agenda(request, error, (await read_form(request)).values())
    return see_other(f"/sessions/{session_id}/agenda", "added")


@routes.get(r"/documents/{id:\d+}")
@routes.post(r"/documents/{id:\d+}")
async def document(request: web.Request) -> web.StreamResponse:
    """A document's versions, and the form of its words."""
    if request.method != "POST":
        return await _document(request)
    try:
        form = await parse_form(request, DocumentForm)
        seen = version_sent(await read_form(request))
        await services(request).documents.change(actor(request), path_id(request), form.draft(), seen=seen)
    except FORM_ERRORS as error:
        return await _document(request, error)
    return see_other(f"/documents/{path_id(request)}", "saved")


async def _document(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    who, document_id, hub = actor(request), path_id(request), services(request)
    agenda = await hub.agendas.agenda(who, await hub.documents.session_of(who, document_id))
    found = next((one for one in agenda.every_document if one.id == document_id), None)
    if found is None:
        raise DocumentUnknown
    again = refusal(request, error)
    sent = (
        await read_form(request)
        if error is not None and request.content_type != "multipart/form-data"
        else None
    )
    values = {"title": found.title, "readers": found.readers.value, "item_id": found.item_id or ""}
    return await render(
        request,
        "agenda/document.html",
        status=again.status,
        errors=again.errors,
        agenda=agenda,
        document=found,
        values={**values, **sent.values()} if sent else values,
        seen=seen_now(found.draft, _shown(request, agenda, found), sent, error),
        max_mb=DOCUMENT_MAX_BYTES >> 20,
    )


def _shown(request: web.Request, agenda: Agenda, found: Document) -> list[tuple[str, str]]:
    item = next((one.title for one in agenda.items if one.id == found.item_id), "")
    reading = "Whoever sees the session" if found.readers is Readers.PARTICIPANTS else "The organizing branch"
    readers = labelled(request, ("Who may read it", ""))[0][0], labelled(request, (reading, ""))[0][0]
    return [*labelled(request, ("Title", found.title), ("Item", item)), readers]


@routes.post(r"/documents/{id:\d+}/versions")
@takes_file(may_renew, DOCUMENT_FORM)
async def renew(request: web.Request) -> web.StreamResponse:
    """A newer version is sent."""
    try:
        _, content = _file(await read_form(request))
        await services(request).documents.renew(actor(request), path_id(request), content)
    except UPLOAD_ERRORS as error:
        return await _document(request, error)
    return see_other(f"/documents/{path_id(request)}", "added")


@routes.post(r"/documents/{id:\d+}/remove")
async def remove(request: web.Request) -> web.StreamResponse:
    """Forget it with all its versions."""
    try:
        session_id = await services(request).documents.remove(actor(request), path_id(request))
    except FORM_ERRORS as error:
        return await _document(request, error)
    return see_other(f"/sessions/{session_id}/agenda", "deleted")


@routes.get(r"/documents/{id:\d+}/versions/{number:\d+}")
async def version(request: web.Request) -> web.StreamResponse:
    """The file, to be kept."""
    found = services(request).documents
    opened = await found.opened(actor(request), path_id(request), path_id(request, "number"))
    return await attached_stream(request, file_name_of(opened), opened.size, found.pieces(opened))


def _file(sent: Form) -> tuple[str, bytes]:
    """The name and the bytes of what was chosen. `FileMissing`, `NothingInFile`."""
    file = sent.files.get("file")
    if file is None or not (file.filename or file.content):
        raise PdfMissing(field="file")
    if not file.content:
        raise NothingInFile(field="file")
    return file.filename, file.content


class PdfMissing(FileMissing):
    remedy = "Choose a PDF file."
