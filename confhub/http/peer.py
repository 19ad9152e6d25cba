"""Where a request comes from. Forwarded headers count only from the configured proxies."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.audit.service import asked_from
from confhub.http.context import PEER, Peer, services

_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")
_FORWARDED_MAX = 20
"""Hops looked at; a longer chain is forged."""


@web.middleware
async def peer_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note address, scheme and host of the browser."""
    request[PEER] = found = find_peer(request, services(request).settings.trusted_proxies)
    asked_from.set(found.address)
    return await handler(request)


def find_peer(request: web.BaseRequest, trusted: Sequence[str]) -> Peer:
    """`X-Forwarded-For` is walked from its right end while the hops are trusted proxies' own."""
    networks = [ipaddress.ip_network(network, strict=False) for network in trusted]
    remote = _plain(request.remote or "")
    host = request.headers.get("Host", "")
    secure = request.secure
    address = remote
    if is_proxy(remote, networks):
        hops = [_plain(hop) for hop in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
        for hop in reversed(hops[-_FORWARDED_MAX:]):
            if not _is_address(hop):
                break
            address = hop
            if not is_proxy(hop, networks):
                break
        proto = request.headers.get("X-Forwarded-Proto", "").split(",")[-1].strip().lower()
        secure = proto == "https" if proto in ("http", "https") else secure
        host = request.headers.get("X-Forwarded-Host", host).split(",")[-1].strip()
    return Peer(address, secure, host if _HOST.fullmatch(host) else "localhost")


def _plain(address: str) -> str:
    """Without brackets, port and zone; an IPv4 address mapped into IPv6 becomes IPv4."""
    text = address.strip().partition("%")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text.removeprefix("::ffff:") if "." in text else text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_proxy(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether the address lies in one of the trusted proxies' networks."""
    if not networks:
        return False
    try:
        parsed = ipaddress.ip_address(_plain(address))
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in networks)
