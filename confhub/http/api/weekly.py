"""Weekly schedules by API: a unit's week, its own entries, texts of its sessions, and how far it is."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.api.shapes.weekly import WeekCopied, WeekEntryAdded, WeekEntryOut, WeekNoteOut, WeekOut
from confhub.http.api_decorator import Api
from confhub.http.attachment import attached
from confhub.http.context import actor, language, path_id, services
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel
from confhub.http.wishes.weekly import EntryFields, NoteFields
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.versions import VERSION_CHARS, ChangedMeanwhile
from confhub.weekly.drawing import Form
from confhub.weekly.errors import (
    EntryUnknown,
    NotADraft,
    NotApproved,
    NothingToCopy,
    SheetsBusy,
    StillADraft,
    WeekFull,
    WeekUnknown,
)
from confhub.weekly.values import Reach

api = Api("Weekly schedules")

HERE = "/api/v1/units/{id}/weekly/{week}"
UNKNOWN = (NotFound, WeekUnknown)


class EntryIn(EntryFields, ApiModel):
    """A new content of an entry, all of it."""


class NoteIn(NoteFields, ApiModel):
    """What a schedule says of a session."""


class ReachIn(ApiModel):
    """Whose sessions come in: the unit's own (unit), or its whole branch's (branch)."""

    reach: Reach


class ApproveIn(ApiModel):
    """`seen`: the `version` of the week that was read; 412 where its lines have changed since."""

    seen: str | None = Field(default=None, max_length=VERSION_CHARS)


class FileQuery(ApiModel):
    """Which kind of file."""

    form: Form = "pdf"


def asked(request: web.Request) -> tuple[UnitId, str]:
    """Unit and week of the address."""
    return UnitId(path_id(request)), request.match_info["week"]


@api("GET", HERE, summary="A unit's week", response=WeekOut, errors=UNKNOWN)
async def week(request: web.Request) -> WeekOut:
    """`week` as ISO 8601 has it, such as 2026-W49. Sessions come in by themselves."""
    return await _week(request)


async def _week(request: web.Request) -> WeekOut:
    return WeekOut.of(await services(request).weekly.get(actor(request), *asked(request)))


@api("GET", f"{HERE}/file", summary="A unit's week as a file", query=FileQuery,
     errors=(*UNKNOWN, SheetsBusy))  # fmt: skip
async def file(request: web.Request, query: FileQuery) -> web.Response:
    """PDF or DOCX in the form that offices use, in the asker's language."""
    name, content = await services(request).week_papers.make(
        actor(request), *asked(request), query.form, language(request)
    )
    return attached(name, content)


@api("POST", f"{HERE}/entries", summary="Add an entry to a week", request=EntryIn, response=WeekEntryAdded,
     status=201, errors=(*UNKNOWN, WeekFull))  # fmt: skip
async def add(request: web.Request, body: EntryIn) -> WeekEntryAdded:
    """What is no session: a day, hours, and what is done."""
    key = await services(request).weekly.add(actor(request), *asked(request), body.draft())
    return WeekEntryAdded(entry_id=key)


@api("GET", f"{HERE}/entries/{{entry}}", summary="An entry of a week", response=WeekEntryOut,
     errors=(*UNKNOWN, EntryUnknown))  # fmt: skip
async def entry(request: web.Request) -> WeekEntryOut:
    """For who may edit it; with its version as ETag."""
    found = await services(request).weekly.entry(actor(request), *asked(request), path_id(request, "entry"))
    tell_version(request, found)
    return WeekEntryOut.of(found)


@api("PUT", f"{HERE}/entries/{{entry}}", summary="Change an entry of a week", request=EntryIn,
     errors=(*UNKNOWN, EntryUnknown, ChangedMeanwhile))  # fmt: skip
async def edit(request: web.Request, body: EntryIn) -> None:
    """If-Match with the ETag of what was read: 412 where it has changed."""
    await services(request).weekly.edit(
        actor(request), *asked(request), path_id(request, "entry"), body.draft(), seen=if_match(request)
    )


@api("DELETE", f"{HERE}/entries/{{entry}}", summary="Take an entry out of a week",
     errors=(*UNKNOWN, EntryUnknown))  # fmt: skip
async def remove(request: web.Request) -> None:
    """A schedule that is published says that it was taken out, and when."""
    await services(request).weekly.remove(actor(request), *asked(request), path_id(request, "entry"))


@api("GET", f"{HERE}/sessions/{{session}}", summary="A session's texts in a week", response=WeekNoteOut,
     errors=(*UNKNOWN, EntryUnknown))  # fmt: skip
async def note(request: web.Request) -> WeekNoteOut:
    """For who may edit them; with their version as ETag."""
    found = await services(request).weekly.session(
        actor(request), *asked(request), SessionId(path_id(request, "session"))
    )
    tell_version(request, found.note)
    return WeekNoteOut.of(found.note)


@api("PUT", f"{HERE}/sessions/{{session}}", summary="Set a session's texts in a week", request=NoteIn,
     errors=(*UNKNOWN, EntryUnknown, ChangedMeanwhile))  # fmt: skip
async def set_note(request: web.Request, body: NoteIn) -> None:
    """The session itself stays as it is. If-Match with the ETag of what was read: 412 where it has
    changed."""
    await services(request).weekly.note(
        actor(request), *asked(request), SessionId(path_id(request, "session")), body.note(),
        seen=if_match(request),
    )  # fmt: skip


@api("POST", f"{HERE}/reach", summary="Choose whose sessions come in", request=ReachIn, response=WeekOut,
     errors=UNKNOWN)  # fmt: skip
async def reach(request: web.Request, body: ReachIn) -> WeekOut:
    """From this week on, until it is said otherwise."""
    await services(request).weekly.set_reach(actor(request), *asked(request), body.reach)
    return await _week(request)


@api("POST", f"{HERE}/copy", summary="Copy the week before", response=WeekCopied,
     errors=(*UNKNOWN, NothingToCopy, WeekFull))  # fmt: skip
async def copy(request: web.Request) -> WeekCopied:
    """Its own entries, on the same weekdays, but for those that are here already."""
    return WeekCopied(count=await services(request).weekly.copy_last(actor(request), *asked(request)))


@api("POST", f"{HERE}/approve", summary="Approve a week", request=ApproveIn, response=WeekOut,
     errors=(*UNKNOWN, NotADraft, ChangedMeanwhile))  # fmt: skip
async def approve(request: web.Request, body: ApproveIn) -> WeekOut:
    """By name, as it stands. Whoever edits it before it is published makes a draft of it again."""
    await services(request).weekly.approve(actor(request), *asked(request), seen=body.seen)
    return await _week(request)


@api("POST", f"{HERE}/publish", summary="Publish a week", response=WeekOut, errors=(*UNKNOWN, NotApproved))
async def publish(request: web.Request) -> WeekOut:
    """For everybody who may view the unit's sessions; what changes from now on is marked."""
    await services(request).weekly.publish(actor(request), *asked(request))
    return await _week(request)


@api("POST", f"{HERE}/reopen", summary="Take a week back to a draft", response=WeekOut,
     errors=(*UNKNOWN, StillADraft))  # fmt: skip
async def reopen(request: web.Request) -> WeekOut:
    """Nobody but those who may edit or approve it sees it until it is published anew."""
    await services(request).weekly.reopen(actor(request), *asked(request))
    return await _week(request)
