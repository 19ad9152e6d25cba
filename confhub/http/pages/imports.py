"""Import of units and endpoints: upload, look at the dry run, apply all or nothing."""

from __future__ import annotations

import asyncio
import re
from importlib import resources

from aiohttp import web
from pydantic import Field

from confhub.files.csv_file import BOM, plain
from confhub.http.attachment import attached
from confhub.http.context import actor, services
from confhub.http.forms import Form, FormModel, UploadedFile, check_fields, parse_form, read_form
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.render import render
from confhub.http.uploads import NothingInFile, takes_file
from confhub.kernel.errors import Invalid
from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.registry.columns import FIELDS
from confhub.registry.errors import ChoiceImpossible
from confhub.registry.plan import FIELD_LABELS, ImportPlan
from confhub.sheets.choices import LettersChoice, ReadingChoices
from confhub.sheets.errors import FileTooLarge
from confhub.sheets.hidden import PARTS, HiddenChoice
from confhub.sheets.office_rows import REASONS

routes = web.RouteTableDef()

EXAMPLE_COLUMNS = (
    "type", "code", "name", "rank", "tier", "parent", "unit", "bandwidth_profile", "operator_phone",
)  # fmt: skip
EXAMPLE = (
    ("tier", "province", "Cấp tỉnh", "1", "", "", "", "", ""),
    ("tier", "commune", "Cấp xã", "3", "", "", "", "", ""),
    ("unit", "H44", "Tỉnh Phú Thọ", "", "province", "", "", "", ""),
    ("unit", "H44.01", "Xã Hạ Hòa", "", "commune", "H44", "", "", ""),
    ("endpoint", "H44.00.00", "Hội trường tỉnh", "", "", "", "H44", "full", ""),
    ("endpoint", "H44.01.00", "Hội trường xã Hạ Hòa", "", "", "", "H44.01", "full", "0210 3883 123"),
)
"""What the page shows and hands out as a file: whole enough to be imported into an empty hub."""
SHIPPED = "phutho-2025.csv"

COLUMN = "column "
"""What the name of a column's field begins with; sheet and place follow, as in `ReadingChoices.columns`."""

HEADING = "heading "
"""What the name of a sheet's field begins with; the sheet follows, as in `ReadingChoices.headings`."""

AS_FOUND = "?"
"""A column stays what it was found to be, a heading where it was found."""

_ROW = re.compile("-?[0-9]{1,5}")

SHOWN_LINES = 500
"""Lines of a dry run drawn on the page; the counts say how many there are."""


class FileMissing(Invalid):
    """No file was chosen."""

    code = "file_missing"
    message = "No file was chosen."
    remedy = "Choose a CSV or XLSX file."


class UploadForm(FormModel):
    complete: bool = False


class ReviseForm(UploadForm):
    """The preview's form: the letters, what is hidden, a field `column <sheet>.<place>` for each
    column, `heading <sheet>` for each sheet."""

    draft: str = Field(min_length=1, max_length=200)
    letters: LettersChoice = ""
    hidden: HiddenChoice = ""


class ApplyForm(FormModel):
    token: str = Field(min_length=1, max_length=200)


def chosen(sent: Form) -> UploadedFile:
    """The form's file. Raises `FileMissing` where none was chosen, `NothingInFile` where nothing is in it."""
    file = sent.files.get("file")
    if file is None or not (file.filename or file.content):
        raise FileMissing(field="file")
    if not file.content:
        raise NothingInFile(field="file")
    return file


async def _upload(request: web.Request, refused: Refusal = NOT_REFUSED) -> web.StreamResponse:
    return await render(
        request,
        "imports/upload.html",
        status=refused.status,
        errors=refused.errors,
        example=EXAMPLE,
        example_columns=EXAMPLE_COLUMNS,
    )


@routes.get("/import")
async def form(request: web.Request) -> web.StreamResponse:
    """Choose a file."""
    actor(request)
    return await _upload(request)


@routes.get("/import/example.csv")
async def example(request: web.Request) -> web.StreamResponse:
    """The page's example as a file."""
    actor(request)
    return attached("example.csv", BOM + plain([EXAMPLE_COLUMNS, *EXAMPLE]))


@routes.get(f"/import/{SHIPPED}")
async def shipped(request: web.Request) -> web.StreamResponse:
    """The province that is shipped, as a file to import or to begin one's own with."""
    actor(request)
    path = resources.files("confhub.registry").joinpath("data", SHIPPED)
    text = await asyncio.to_thread(path.read_text, "utf-8-sig")
    return attached(SHIPPED, text.encode("utf-8-sig"))


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
            raise FileTooLarge(field="file", limit_mb=IMPORT_MAX_BYTES // 2**20)
        wanted = check_fields(sent, UploadForm)
        plan = await services(request).imports.preview(
            who, file.filename, file.content, complete=wanted.complete
        )
    except FORM_ERRORS as error:
        return await _upload(request, refusal(request, error))
    return await _plan(request, plan, complete=wanted.complete)


@routes.post("/import/revise")
async def revise(request: web.Request) -> web.StreamResponse:
    """The dry run of the same file, read in another way."""
    who = actor(request)
    try:
        sent = await read_form(request)
        wanted = check_fields(sent, ReviseForm)
        choices = ReadingChoices(wanted.letters, columns_of(sent), headings_of(sent), wanted.hidden)
        plan = await services(request).imports.revise(who, wanted.draft, choices, complete=wanted.complete)
    except FORM_ERRORS as error:
        return await _upload(request, refusal(request, error))
    return await _plan(request, plan, complete=wanted.complete)


def columns_of(sent: Form) -> dict[str, str]:
    """What was chosen for columns, as a draft has it; those that stay as found are left out."""
    named = {name.removeprefix(COLUMN): value for name, value in sent.fields if name.startswith(COLUMN)}
    return {key: value for key, value in named.items() if value != AS_FOUND}


def headings_of(sent: Form) -> dict[str, int]:
    """What was said of headings, as a draft has it. Raises `ChoiceImpossible`."""
    named = {name.removeprefix(HEADING): value for name, value in sent.fields if name.startswith(HEADING)}
    said = {sheet: value for sheet, value in named.items() if value != AS_FOUND}
    if not all(_ROW.fullmatch(value) for value in said.values()):
        raise ChoiceImpossible(field="headings")
    return {sheet: int(value) for sheet, value in said.items()}


async def _plan(request: web.Request, plan: ImportPlan, *, complete: bool) -> web.StreamResponse:
    return await render(
        request,
        "imports/plan.html",
        status=200 if plan.ok else 422,
        plan=plan,
        lines=plan.lines[:SHOWN_LINES],
        complete=complete,
        fields=FIELDS,
        labels=FIELD_LABELS,
        reasons=REASONS,
        parts=PARTS,
    )


@routes.post("/import/apply")
async def apply(request: web.Request) -> web.StreamResponse:
    """Carry out what the dry run showed."""
    who = actor(request)
    try:
        token = (await parse_form(request, ApplyForm)).token
        await services(request).imports.apply(who, token)
    except FORM_ERRORS as error:
        return await _upload(request, refusal(request, error))
    return see_other("/endpoints", "imported")


@routes.get("/import/apply")
async def applied(request: web.Request) -> web.StreamResponse:
    """A reload after applying: back to the start."""
    return see_other("/import")
