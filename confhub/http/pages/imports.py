"""Import of units and endpoints: upload, look at the dry run, apply all or nothing."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, services
from confhub.http.errors import field_errors, status_of
from confhub.http.forms import Form, FormModel, UploadedFile, check_fields, parse_form, read_form
from confhub.http.pages.choices import FORM_ERRORS
from confhub.http.redirect import see_other
from confhub.http.render import render
from confhub.http.uploads import takes_file
from confhub.kernel.errors import Invalid
from confhub.kernel.limits import IMPORT_MAX_BYTES

routes = web.RouteTableDef()

SHOWN_LINES = 500
"""Lines of a dry run drawn on the page; the counts say how many there are."""


class FileMissing(Invalid):
    """No file was chosen."""

    code = "file_missing"
    message = "No file was chosen."
    remedy = "Choose a CSV or XLSX file."


class FileEmpty(Invalid):
    """A file was chosen, and there is nothing in it."""

    code = "file_empty"
    message = "The file is empty."
    remedy = "Save it again in the program that made it, with the rows in it, and choose it anew."


class FileTooLarge(Invalid):
    """The file is over the cap."""

    code = "file_too_large"
    message = "The file is too large: at most {max_mb} MB."
    remedy = "Split it into several files."


class UploadForm(FormModel):
    complete: bool = False


class ApplyForm(FormModel):
    token: str = Field(min_length=1, max_length=200)


def chosen(sent: Form) -> UploadedFile:
    """The form's file. Raises `FileMissing` where none was chosen, `FileEmpty` where nothing is in it."""
    file = sent.files.get("file")
    if file is None or not (file.filename or file.content):
        raise FileMissing(field="file")
    if not file.content:
        raise FileEmpty(field="file")
    return file


@routes.get("/import")
async def form(request: web.Request) -> web.StreamResponse:
    """Choose a file."""
    actor(request)
    return await render(request, "imports/upload.html", errors={})


async def may_import(request: web.Request) -> None:
    """Somebody with the right to import units or rooms."""
    services(request).imports.may(actor(request))


@routes.post("/import")
@takes_file(may_import)
async def preview(request: web.Request) -> web.StreamResponse:
    """The dry run."""
    who = actor(request)
    try:
        sent = await read_form(request)
        file = chosen(sent)
        if len(file.content) > IMPORT_MAX_BYTES:
            raise FileTooLarge(field="file", max_mb=IMPORT_MAX_BYTES // 2**20)
        wanted = check_fields(sent, UploadForm)
        plan = await services(request).imports.preview(
            who, file.filename, file.content, complete=wanted.complete
        )
    except FORM_ERRORS as error:
        return await render(
            request, "imports/upload.html", status=status_of(error), errors=field_errors(request, error)
        )
    status = 200 if plan.ok else 422
    return await render(
        request,
        "imports/plan.html",
        status=status,
        plan=plan,
        lines=plan.lines[:SHOWN_LINES],
        complete=wanted.complete,
    )


@routes.post("/import/apply")
async def apply(request: web.Request) -> web.StreamResponse:
    """Carry out what the dry run showed."""
    who = actor(request)
    try:
        token = (await parse_form(request, ApplyForm)).token
        await services(request).imports.apply(who, token)
    except FORM_ERRORS as error:
        return await render(
            request, "imports/upload.html", status=status_of(error), errors=field_errors(request, error)
        )
    return see_other("/endpoints", "imported")


@routes.get("/import/apply")
async def applied(request: web.Request) -> web.StreamResponse:
    """A reload after applying: back to the start."""
    return see_other("/import")
