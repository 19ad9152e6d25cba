"""Webhooks go to public addresses, and to networks that were opened; what a name stands for is judged."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import ResolveResult

from confhub.webhooks.addresses import BoundResolver, Bounds, InsideError
from confhub.webhooks.errors import UrlInside, UrlInvalid

CLOSED = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "2002:7f00:1::1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "ff02::1",
)  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_inside_of_the_house_nothing_is_called(address: str) -> None:
    assert not Bounds().allows(address)
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises((UrlInside, UrlInvalid)):
        Bounds().check(f"https://{literal}/hook")


def test_public_addresses_and_opened_networks_are_called() -> None:
    bounds = Bounds(("10.1.0.0/16", "fd00::/8"))
    for address in ("8.8.8.8", "2001:4860:4860::8888", "10.1.2.3", "fd00::5", "::ffff:10.1.2.3"):
        assert bounds.allows(address), address
    assert not bounds.allows("10.2.0.1")
    assert str(bounds.check("http://10.1.2.3:8080/x?y=1")) == "http://10.1.2.3:8080/x?y=1"
    with pytest.raises(UrlInside):
        Bounds().check("http://example.vn/hook")


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://example.vn/", "https://", "https://user:pw@example.vn/", "https://example.vn/#a",
     "file:///etc/passwd", "https://example.vn:99999/", "https://exa mple.vn/", "https://example.vn/\n",
     "https://" + "a" * 600 + ".vn/",
     "https://[::1", "https://ví-dụ.vn/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UrlInvalid):
        Bounds().check(url)


class Names:
    """A name that means something else each time it is asked for."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int, family: object) -> list[ResolveResult]:
        found = self.answers.pop(0).split()
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in found
        ]

    async def close(self) -> None:
        return None


def resolver(bounds: Bounds, names: Names, *, plain: bool = False) -> BoundResolver:
    made = BoundResolver(bounds, plain=plain)
    made._inner = names  # type: ignore[assignment]
    return made


async def test_a_name_is_judged_by_what_it_stands_for_when_it_is_called() -> None:
    made = resolver(Bounds(), Names("8.8.8.8", "127.0.0.1", "8.8.8.8 10.0.0.1"))
    assert [one["host"] for one in await made.resolve("a.example", 443)] == ["8.8.8.8"]
    with pytest.raises(InsideError):
        await made.resolve("a.example", 443)
    assert [one["host"] for one in await made.resolve("a.example", 443)] == ["8.8.8.8"], (
        "of several the public one"
    )
    await made.close()


async def test_without_encryption_only_opened_networks_are_called() -> None:
    made = resolver(Bounds(("10.0.0.0/8",)), Names("8.8.8.8 10.0.0.1", "8.8.8.8"), plain=True)
    assert [one["host"] for one in await made.resolve("a.example", 80)] == ["10.0.0.1"]
    with pytest.raises(InsideError):
        await made.resolve("a.example", 80)
