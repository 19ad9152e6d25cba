"""Where browsers, rooms' machines and media clients reach this hub."""

from __future__ import annotations

from aiohttp import web

from confhub.http.context import Peer, Services, peer, services


def hub_address(request: web.Request) -> str:
    """How a room's machine reaches this hub: its public URL, else as this browser does; no last slash."""
    return (services(request).settings.public_url or peer(request).origin).rstrip("/")


def media_url(services: Services, found: Peer) -> str:
    """The media server's address for a client that reached the hub this way."""
    return services.engine.url_for(found.host, secure=found.secure)
