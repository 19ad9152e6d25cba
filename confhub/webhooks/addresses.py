"""To which addresses webhooks may go: public ones, and networks of the house that the operator opened.

A name is looked up when it is called, and what it stands for then is judged and called: a name that changes
its meaning in between leads nowhere else.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from confhub.webhooks.errors import UrlInside, UrlInvalid
from confhub.webhooks.limits import URL_MAX_CHARS

_NAT64: Final = IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


class Bounds:
    """What the operator allows."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        """`networks`: opened besides public addresses, such as 10.1.0.0/16."""
        self._networks = tuple(ip_network(one) for one in networks)

    def opened(self, address: Address) -> bool:
        """Whether it lies in a network of the house that is open."""
        return any(address in network for network in self._networks if network.version == address.version)

    def allows(self, text: str) -> bool:
        """Whether an address may be called."""
        address = ip_address(text.partition("%")[0])
        each = _meant(address)
        if self.opened(address) or any(self.opened(one) for one in each):
            return True
        return all(one.is_global and not one.is_multicast for one in (address, *each))

    def check(self, text: str) -> URL:
        """The address as it is called. UrlInvalid, UrlInside where it says by itself that it is closed."""
        url = _read(text)
        literal = _literal(url.host or "")
        if literal is not None and not self.allows(literal):
            raise UrlInside(field="url")
        if url.scheme == "http" and not self._networks:
            raise UrlInside(field="url")
        return url


class InsideError(OSError):
    """A name stands for nothing that may be called."""


class BoundResolver(AbstractResolver):
    """Looks names up, and gives what may be called of what they stand for. `plain`: by http, which is only
    for networks of the house."""

    def __init__(self, bounds: Bounds, *, plain: bool) -> None:
        self._bounds, self._plain = bounds, plain
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises InsideError where nothing is left, OSError where the name is unknown."""
        found = [one for one in await self._inner.resolve(host, port, family) if self._takes(one["host"])]
        if not found:
            raise InsideError(errno.EACCES, f"{host} lies inside a network of this house")
        return found

    def _takes(self, text: str) -> bool:
        if self._plain and not self._bounds.opened(ip_address(text.partition("%")[0])):
            return False
        return self._bounds.allows(text)

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()


def _read(text: str) -> URL:
    if len(text) > URL_MAX_CHARS or any(not 0x20 < ord(char) < 0x7F for char in text):
        raise UrlInvalid(field="url")
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise UrlInvalid(field="url") from None
    if (
        url.scheme not in ("http", "https")
        or not url.host
        or not port
        or url.fragment
        or url.user
        or url.password
    ):
        raise UrlInvalid(field="url")
    return url


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def _meant(address: Address) -> tuple[Address, ...]:
    """Addresses that stand inside of it, and that it leads to where somebody translates."""
    if isinstance(address, IPv4Address):
        return ()
    found: list[Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return tuple(found)
