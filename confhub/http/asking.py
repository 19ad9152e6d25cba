"""Who asks, as far as it matters for how much is taken: a login, a room, a tablet, or nobody known."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from confhub.http.context import kiosk_or_none, login_or_none, services, tablet_or_none
from confhub.kernel.errors import Forbidden, Unauthenticated
from confhub.kernel.http_server import know
from confhub.registry.values import EndpointPrincipal

BEARER_MAX_CHARS = 200
"""Our credentials have about 50 characters."""

WEBHOOK_PATH = "/engine/webhook"

_ASKER: web.RequestKey[Any] = web.RequestKey("confhub_asker", object)


def bearer(request: web.Request) -> str:
    """The credential of `Authorization: Bearer …`; empty where there is none that could be ours."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    credential = credential.strip()
    good = scheme.lower() == "bearer" and credential.isascii() and len(credential) <= BEARER_MAX_CHARS
    return credential if good else ""


def note_asker(request: web.Request, who: str) -> None:
    """A credential was found good: what it says of who asks holds for the rest of the request."""
    request[_ASKER] = who
    know(request, who)


async def asker_of(request: web.Request, *, thorough: bool = False) -> str | None:
    """A stable word for who asks, None for a stranger. `thorough`: a bearer's credential is looked up too."""
    if (noted := request.get(_ASKER)) is not None:
        return str(noted)
    if (login := login_or_none(request)) is not None:
        return f"login {login.account_id}"
    if (kiosk := kiosk_or_none(request)) is not None:
        return f"room {kiosk.endpoint.endpoint_id}"
    if (tablet := tablet_or_none(request)) is not None:
        return f"tablet {tablet.tablet_id}"
    return await _by_credential(request) if thorough else None


async def authenticated(request: web.Request) -> EndpointPrincipal:
    """The room that asks. Raises CredentialUnknown (401) or CredentialRevoked (403)."""
    principal = await services(request).pairing.authenticate(bearer(request))
    note_asker(request, f"room {principal.endpoint_id}")
    return principal


async def _by_credential(request: web.Request) -> str | None:
    found, credential = services(request), bearer(request)
    if request.path == WEBHOOK_PATH:
        if found.engine.signed_by_media(request.headers.get("Authorization", "")):
            note_asker(request, "media server")
            return "media server"
        return None
    if not credential:
        return None
    tablet = await found.tablets.principal_of(credential)
    if tablet is not None:
        note_asker(request, f"tablet {tablet.tablet_id}")
        return f"tablet {tablet.tablet_id}"
    try:
        room = await found.pairing.authenticate(credential)
    except (Unauthenticated, Forbidden):
        return None
    note_asker(request, f"room {room.endpoint_id}")
    return f"room {room.endpoint_id}"
