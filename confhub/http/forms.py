"""HTML forms: read with caps, any bytes survived, and checked by a pydantic model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar, get_args
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from confhub.http.bodies import bound_of, read_body
from confhub.http.multipart import MultipartBroken, split
from confhub.http.shapes import clean, shape_error
from confhub.kernel.errors import DomainError, Invalid, ValidationErrors

FIELD_MAX_BYTES = 64 * 1024
"""One text field; the longest is a note."""
FILES_MAX = 1
"""Files in one form; only the import has one."""

THREAD_FROM_BYTES = 32 * 1024
"""A larger form is taken apart beside the loop."""

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

_Model = TypeVar("_Model", bound=BaseModel)


class BrokenForm(Invalid):
    """The body is no form: broken multipart, a wrong encoding, too many fields."""

    code = "broken_form"
    message = "The form arrived damaged."
    remedy = "Reload the page, fill it in and send it again; text must be UTF-8."


class FormModel(BaseModel):
    """Base of form models: spaces around values are cut, unknown fields ignored."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore", frozen=True)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of a form."""

    filename: str
    content: bytes


@dataclass(slots=True)
class Form:
    """The fields of a form, in order; a field may come several times."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, UploadedFile] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The last value of `name`."""
        return next((value for key, value in reversed(self.fields) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of `name`."""
        return [value for key, value in self.fields if key == name]

    def values(self) -> dict[str, str]:
        """Name → last value, for filling the form again."""
        return dict(self.fields)


LEFT_OUT: web.RequestKey[dict[str, DomainError]] = web.RequestKey("confhub_left_out", dict)
"""Of the query string: name → why it was left out."""

_FORM: web.RequestKey[Form] = web.RequestKey("confhub_form", Form)


async def read_form(request: web.Request) -> Form:
    """The request's form, read once. Raises `BrokenForm`, or 413 where the body is over its cap."""
    if _FORM not in request:
        request[_FORM] = await _read(request)
    return request[_FORM]


async def form_value(request: web.Request, name: str) -> str:
    """One field; an empty string where the body is no form."""
    if request.content_type not in _FORMS:
        return ""
    return (await read_form(request)).get(name)


async def parse_form(request: web.Request, model: type[_Model]) -> _Model:
    """The form as `model`. A list field takes every value of its name, others the last.

    Raises `ValidationErrors` with one error per field at fault.
    """
    return check_fields(await read_form(request), model)


def check_fields(form: Form, model: type[_Model]) -> _Model:
    """`form` as `model`; raises `ValidationErrors`. An empty text counts as None where None is allowed."""
    return _validate(model, {name: form.all(name) for name, _ in form.fields})


def parse_query(request: web.Request, model: type[_Model]) -> _Model:
    """The query string as `model`; values that make no sense raise `ValidationErrors`."""
    names = set(request.query)
    return _validate(model, {name: request.query.getall(name) for name in names})


def parse_filters(request: web.Request, model: type[_Model], *, vital: Collection[str] = ()) -> _Model:
    """The query string of a page of rows as `model`. What makes no sense is left out, and `render` says so
    above the page. Names in `vital` say what the page is about: those raise `ValidationErrors`."""
    sent = {name: request.query.getall(name) for name in set(request.query)}
    refused: dict[str, DomainError] = {}
    while True:
        try:
            found = _validate(model, sent)
            request[LEFT_OUT] = refused
            return found
        except (ValidationErrors, Invalid) as error:
            each = error.errors if isinstance(error, ValidationErrors) else [error]
            wrong = {(one.field or "").partition(".")[0]: one for one in each}
            if not wrong.keys() <= sent.keys() - set(vital):
                raise
            refused.update(wrong)
            for name in wrong:
                del sent[name]


def _validate(model: type[_Model], sent: Mapping[str, list[str]]) -> _Model:
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key not in sent:
            continue
        if _is_list(info.annotation):
            values[key] = sent[key]
        elif (typed := _as_typed(info.annotation, sent[key][-1].strip())) is not None:
            values[key] = typed
        elif sent[key][-1].strip() == "" and not info.is_required():
            continue  # an empty input is an absent one
        else:
            values[key] = sent[key][-1]
    try:
        return model.model_validate(clean(values))
    except ValidationError as error:
        raise shape_error(error) from None


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (list, tuple)


_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
"""A date as the pages write it: day/month/year."""
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_MOMENT = re.compile(_DAY.pattern + "[ ]+" + _TIME.pattern)


def _as_typed(annotation: Any, text: str) -> str | None:
    """A day, a time or both, as the pages write them, in ISO 8601; None for anything else."""
    if _takes(annotation, date) and (found := _DAY.fullmatch(text)):
        return _iso(*found.groups())
    if _takes(annotation, datetime) and (found := _MOMENT.fullmatch(text)):
        day, month, year, hour, minute = found.groups()
        return f"{_iso(day, month, year)}T{int(hour):02}:{minute}"
    if _takes(annotation, time) and (found := _TIME.fullmatch(text)):
        return f"{int(found[1]):02}:{found[2]}"
    return None


def _iso(day: str, month: str, year: str) -> str:
    return f"{year}-{int(month):02}-{int(day):02}"


def _takes(annotation: Any, kind: type) -> bool:
    return annotation is kind or kind in get_args(annotation)


async def _read(request: web.Request) -> Form:
    kind = request.content_type
    if kind not in _FORMS:
        raise BrokenForm()
    bound = await bound_of(request)
    body = await read_body(request)
    content_type = request.headers.get("Content-Type", "")
    if len(body) <= THREAD_FROM_BYTES:
        return _taken_apart(body, content_type, kind, bound.max_fields)
    return await asyncio.to_thread(_taken_apart, body, content_type, kind, bound.max_fields)


def _taken_apart(body: bytes, content_type: str, kind: str, fields_max: int) -> Form:
    try:
        if kind == "multipart/form-data":
            form = _of_parts(body, content_type, fields_max)
        else:
            form = Form(
                clean(
                    parse_qsl(
                        body.decode("utf-8"),
                        keep_blank_values=True,
                        errors="strict",
                        max_num_fields=fields_max,
                    )
                )
            )
    except (MultipartBroken, ValueError):
        raise BrokenForm() from None
    if any(len(value.encode()) > FIELD_MAX_BYTES for _, value in form.fields):
        raise BrokenForm()
    return form


def _of_parts(body: bytes, content_type: str, fields_max: int) -> Form:
    form = Form()
    for part in split(body, content_type, fields_max + FILES_MAX):
        if part.filename is not None:
            form.files[clean(part.name)] = UploadedFile(clean(part.filename)[:255], part.content)
        else:
            form.fields.append((clean(part.name), clean(part.content.decode("utf-8"))))
    if len(form.files) > FILES_MAX:
        raise BrokenForm()
    return form


def load_json(body: bytes) -> Any:
    """JSON of a request: UTF-8, no NaN, no lone surrogates. Raises ValueError."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
