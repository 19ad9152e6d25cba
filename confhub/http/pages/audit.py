"""The audit trail: who changed what, and when."""

from __future__ import annotations

from functools import partial

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, services
from confhub.http.forms import FormModel, parse_filters
from confhub.http.language import translate
from confhub.http.pages.audit_words import by_scope, search_for, tell
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.limits import PAGE_SIZE

routes = web.RouteTableDef()


class AuditQuery(FormModel):
    subject: str | None = Field(None, max_length=40)
    subject_id: str | None = Field(None, max_length=80)
    action: str = Field("", max_length=60)
    who: str = Field("", max_length=200)
    by: RowId | None = None
    search: str = Field("", max_length=200)
    before: RowId | None = None


@routes.get("/audit")
async def audit(request: web.Request) -> web.StreamResponse:
    """One page, newest first."""
    who = actor(request)
    wanted = parse_filters(request, AuditQuery)
    say = partial(translate, request)
    entries = await services(request).audit.entries(
        who,
        subject=wanted.subject,
        subject_id=wanted.subject_id,
        action=wanted.action or None,
        who=wanted.who or None,
        by=wanted.by,
        search=search_for(wanted.search, say),
        before_id=wanted.before,
        limit=PAGE_SIZE + 1,
    )
    return await render(
        request,
        "audit.html",
        entries=entries[:PAGE_SIZE],
        tell=tell,
        say=say,
        scopes=by_scope(say),
        older=entries[PAGE_SIZE - 1].id if len(entries) > PAGE_SIZE else None,
        wanted=wanted,
    )
