"""Agendas of sessions, and their documents."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, Field

from confhub.agenda import errors
from confhub.http.api.shapes.agenda import AgendaOut
from confhub.http.api_decorator import Api
from confhub.http.attachment import attached_stream
from confhub.http.bodies import DOCUMENT
from confhub.http.context import actor, path_id, services
from confhub.http.documents import file_name_of, may_add, may_renew
from confhub.http.seen import if_match
from confhub.http.shapes import ApiModel, RowId
from confhub.http.uploads import NothingInFile, read_upload
from confhub.http.wishes.agenda import DocumentWish, ItemWish
from confhub.kernel.errors import Forbidden
from confhub.sessions.errors import SessionUnknown

api = Api("Agendas")

REFUSED = (errors.DocumentRefused, errors.DocumentTooLarge, errors.CheckingBusy, errors.CheckedLate,
           errors.DocumentsTooLarge, errors.DocumentsClosed)  # fmt: skip


class ItemIn(ItemWish, ApiModel):
    """An item of the agenda."""


class PlaceIn(ApiModel):
    """Where an item goes, from 0; beyond the end: the end."""

    place: int = Field(ge=0, le=1_000_000)


class SourceIn(ApiModel):
    """The session whose agenda is taken over."""

    session_id: RowId


class DocumentIn(DocumentWish, ApiModel):
    """A document's title, readers and place."""


class MadeOut(BaseModel):
    """The number of what was made."""

    id: int


class TakenOverOut(BaseModel):
    """How many items came."""

    items: int


class VersionMadeOut(BaseModel):
    """The version's number."""

    number: int


@api("GET", "/api/v1/sessions/{id}/agenda", summary="A session's agenda", response=AgendaOut,
     errors=(SessionUnknown,))  # fmt: skip
async def agenda(request: web.Request) -> AgendaOut:
    """Items in order, rooms that speak to them, and documents that the asker may read."""
    return AgendaOut.of(await services(request).agendas.agenda(actor(request), path_id(request)))


@api("POST", "/api/v1/sessions/{id}/agenda/items", summary="Add an item", request=ItemIn, response=MadeOut,
     status=201, errors=(SessionUnknown, Forbidden, errors.TooManyItems, errors.AgendaClosed,
     errors.SpeakingRoomElsewhere))  # fmt: skip
async def add(request: web.Request, body: ItemIn) -> MadeOut:
    """At the end."""
    made = await services(request).agendas.add(actor(request), path_id(request), body.draft())
    return MadeOut(id=made)


@api("PUT", "/api/v1/sessions/{id}/agenda/items/{item}", summary="Change an item", request=ItemIn,
     errors=(SessionUnknown, Forbidden, errors.ItemUnknown, errors.AgendaClosed,
     errors.SpeakingRoomElsewhere))  # fmt: skip
async def change(request: web.Request, body: ItemIn) -> None:
    """The whole item is written anew. If-Match with its `version`: 412 where it has changed."""
    item, seen = path_id(request, "item"), if_match(request)
    await services(request).agendas.change(actor(request), path_id(request), item, body.draft(), seen=seen)


@api("POST", "/api/v1/sessions/{id}/agenda/items/{item}/move", summary="Move an item", request=PlaceIn,
     errors=(SessionUnknown, Forbidden, errors.ItemUnknown, errors.AgendaClosed))  # fmt: skip
async def move(request: web.Request, body: PlaceIn) -> None:
    """The others make room."""
    item = path_id(request, "item")
    await services(request).agendas.move(actor(request), path_id(request), item, body.place)


@api("DELETE", "/api/v1/sessions/{id}/agenda/items/{item}", summary="Take an item off",
     errors=(SessionUnknown, Forbidden, errors.ItemUnknown, errors.AgendaClosed))  # fmt: skip
async def remove(request: web.Request) -> None:
    """Its documents stay with the session."""
    await services(request).agendas.remove(actor(request), path_id(request), path_id(request, "item"))


@api("POST", "/api/v1/sessions/{id}/agenda/take-over", summary="Take over another session's agenda",
     request=SourceIn, response=TakenOverOut, errors=(SessionUnknown, Forbidden, errors.TooManyItems,
     errors.AgendaClosed))  # fmt: skip
async def take_over(request: web.Request, body: SourceIn) -> TakenOverOut:
    """Its items come to the end, with their rooms as far as these take part here; without documents."""
    came = await services(request).agendas.take_over(actor(request), path_id(request), body.session_id)
    return TakenOverOut(items=came)


@api("POST", "/api/v1/sessions/{id}/documents", upload=may_add, bound=DOCUMENT, summary="Add a document",
     query=DocumentIn, response=MadeOut, status=201, errors=(SessionUnknown, Forbidden, errors.ItemUnknown,
     errors.TooManyDocuments, NothingInFile, *REFUSED))  # fmt: skip
async def add_document(request: web.Request, query: DocumentIn) -> MadeOut:
    """The body is the PDF itself. Scripts, forms that send, films, attachments and passwords are refused."""
    content = await _content(request)
    found = services(request).documents
    return MadeOut(id=await found.add(actor(request), path_id(request), query.draft(), content))


@api("POST", "/api/v1/documents/{id}/versions", upload=may_renew, bound=DOCUMENT, summary="Add a version",
     response=VersionMadeOut, status=201, errors=(errors.DocumentUnknown, Forbidden, errors.TooManyVersions,
     errors.SameVersion, NothingInFile, *REFUSED))  # fmt: skip
async def add_version(request: web.Request) -> VersionMadeOut:
    """The body is the PDF itself. Older versions stay."""
    content = await _content(request)
    number = await services(request).documents.renew(actor(request), path_id(request), content)
    return VersionMadeOut(number=number)


@api("PUT", "/api/v1/documents/{id}", summary="Change a document's words", request=DocumentIn,
     errors=(errors.DocumentUnknown, Forbidden, errors.ItemUnknown, errors.DocumentsClosed))  # fmt: skip
async def change_document(request: web.Request, body: DocumentIn) -> None:
    """Title, readers and item. If-Match with its `version`: 412 where it has changed."""
    seen = if_match(request)
    await services(request).documents.change(actor(request), path_id(request), body.draft(), seen=seen)


@api("DELETE", "/api/v1/documents/{id}", summary="Remove a document",
     errors=(errors.DocumentUnknown, Forbidden, errors.DocumentsClosed))  # fmt: skip
async def remove_document(request: web.Request) -> None:
    """With all its versions."""
    await services(request).documents.remove(actor(request), path_id(request))


@api("GET", "/api/v1/documents/{id}/versions/{number}", summary="A version of a document",
     content_type="application/pdf", errors=(errors.DocumentUnknown,))  # fmt: skip
async def version(request: web.Request) -> web.StreamResponse:
    """The PDF, as a file to be kept."""
    found = services(request).documents
    opened = await found.opened(actor(request), path_id(request), path_id(request, "number"))
    return await attached_stream(request, file_name_of(opened), opened.size, found.pieces(opened))


async def _content(request: web.Request) -> bytes:
    content = await read_upload(request)
    if not content:
        raise NothingInFile(field="file")
    return content
