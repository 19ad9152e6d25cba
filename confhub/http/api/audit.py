"""The audit trail in the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.audit.service import Search
from confhub.http.api_decorator import Api
from confhub.http.context import actor, services
from confhub.http.shapes import ApiModel, RowId
from confhub.kernel.errors import Forbidden
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX

api = Api("Audit")


class AuditQuery(ApiModel):
    """`before`: the number of the oldest entry that was read. `action`: an entry's whole action; `who`: an
    entry's whole `actor_name`; `by`: an entry's `actor_id`, under whatever name; `search`: a part of a name,
    of the subject or of the details."""

    subject: str | None = Field(None, max_length=40)
    subject_id: str | None = Field(None, max_length=80)
    action: str | None = Field(None, max_length=60)
    who: str | None = Field(None, max_length=200)
    by: RowId | None = None
    search: str | None = Field(None, min_length=1, max_length=200)
    before: RowId | None = None
    size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)


class AuditEntryOut(ApiModel):
    """Who did what, when, and from which address (empty for what the hub does by itself).

    `actor_name`: what whoever did it was called then; `actor_today`: what the account is called now, where
    that differs.

    What was refused (failed logins, throttled and forged requests) is one entry a minute and address, with
    `count` in its details.
    """

    id: int
    at: dt.datetime
    actor_id: int | None
    actor_name: str
    actor_today: str
    action: str
    subject: str
    subject_id: str
    address: str
    details: dict[str, Any]


class AuditOut(ApiModel):
    entries: list[AuditEntryOut]


@api(
    "GET",
    "/api/v1/audit",
    summary="Read the audit trail",
    query=AuditQuery,
    response=AuditOut,
    errors=(Forbidden,),
)
async def entries(request: web.Request, query: AuditQuery) -> AuditOut:
    """Newest first, within the reader's branches."""
    found = await services(request).audit.entries(
        actor(request),
        subject=query.subject,
        subject_id=query.subject_id,
        action=query.action,
        who=query.who,
        by=query.by,
        search=Search(query.search) if query.search else None,
        before_id=query.before,
        limit=query.size,
    )
    return AuditOut(
        entries=[
            AuditEntryOut(
                id=one.id, at=one.at, actor_id=one.actor_id, actor_name=one.actor_name,
                actor_today=one.actor_today, action=one.action, subject=one.subject,
                subject_id=one.subject_id, address=one.address, details=one.details,
            )
            for one in found
        ]
    )  # fmt: skip
