"""Templates of sessions."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from confhub.http.api.shapes.sessions import SessionDetailsOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.shapes import Answer, Answers, ApiModel
from confhub.kernel.errors import Forbidden
from confhub.sessions.errors import SessionUnknown
from confhub.templates.errors import TemplateNameTaken, TemplateUnknown, TooManyTemplates

api = Api("Templates")


class TemplateOut(Answer):
    """A template of a unit. `items`: how many its agenda has."""

    id: int
    name: str
    title: str
    unit_id: int
    unit_name: str
    length_min: int
    items: int
    made_at: datetime
    made_by: str


class TemplatesOut(Answers[TemplateOut]):
    """By unit and name."""


class TemplateIn(ApiModel):
    """What it is called."""

    name: str = Field(max_length=5_000)


class HourIn(ApiModel):
    """When the session begins."""

    starts_at: AwareDatetime


class TemplateMadeOut(BaseModel):
    """The template's number."""

    id: int


@api("GET", "/api/v1/templates", summary="List templates", response=TemplatesOut)
async def listing(request: web.Request) -> TemplatesOut:
    """Those of the branches that the asker plans sessions in."""
    return TemplatesOut.of(await services(request).templates.templates(actor(request)))


@api("POST", "/api/v1/sessions/{id}/template", summary="Keep a session as a template", request=TemplateIn,
     response=TemplateMadeOut, status=201, errors=(SessionUnknown, Forbidden, TemplateNameTaken,
     TooManyTemplates))  # fmt: skip
async def keep(request: web.Request, body: TemplateIn) -> TemplateMadeOut:
    """Title, rooms, settings and agenda, for the session's unit; without documents."""
    made = await services(request).templates.keep(actor(request), path_id(request), body.name)
    return TemplateMadeOut(id=made)


@api("POST", "/api/v1/templates/{id}/sessions", summary="Plan a session by a template", request=HourIn,
     response=SessionDetailsOut, status=201, errors=(TemplateUnknown,))  # fmt: skip
async def use(request: web.Request, body: HourIn) -> SessionDetailsOut:
    """A new draft. What is no longer right, as a room out of use, is named."""
    found = services(request).templates
    return SessionDetailsOut.of(await found.use(actor(request), path_id(request), body.starts_at))


@api("DELETE", "/api/v1/templates/{id}", summary="Delete a template", errors=(TemplateUnknown,))
async def delete(request: web.Request) -> None:
    """Sessions made by it stay as they are."""
    await services(request).templates.remove(actor(request), path_id(request))
