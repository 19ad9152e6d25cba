"""What pages and API share of documents: who may send one, and what a file is called."""

from __future__ import annotations

from aiohttp import web

from confhub.agenda.values import Opened
from confhub.files.names import slug
from confhub.http.context import actor, path_id, services


async def may_add(request: web.Request) -> None:
    """Somebody who may add documents to the session in the path."""
    await services(request).documents.require_may_add(actor(request), path_id(request))


async def may_renew(request: web.Request) -> None:
    """Somebody who may add a version to the document in the path."""
    await services(request).documents.require_may_renew(actor(request), path_id(request))


def file_name_of(opened: Opened) -> str:
    """`to-trinh-ngan-sach-v2.pdf`; the first version has no number."""
    name = slug(opened.title) or "document"
    return f"{name}.pdf" if opened.number == 1 else f"{name}-v{opened.number}.pdf"
