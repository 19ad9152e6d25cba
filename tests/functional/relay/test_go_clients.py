"""LiveKit's Go SDK (pion), unmodified, publishes to and receives from the relay: bytes in are bytes out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import token
from tests.functional.relay.golang import Go, gopeer
from tests.functional.relay.ways import TWINS, WAYS

MODES = pytest.mark.parametrize("single", [False, True], ids=["two connections", "one connection"])


@pytest.fixture
async def go(way: str) -> AsyncIterator[Go]:
    async with Go(gopeer(by_tcp=way == "tcp")) as go:
        yield go


async def _join(go: Go, relay: Relay, who: str, way: str = "udp", **options: Any) -> None:
    url = f"ws://127.0.0.1:{relay.port}"
    await go.join(who, url, token(who), relayed=way == "turn", **options)


async def _is_whole(go: Go, who: str, sid: str, count: int) -> None:
    """The next packets of a track come without a gap and as they were sent."""
    figures = await go.receives(who, sid, count)
    assert (figures["missing"], figures["wrong"]) == (0, 0), figures


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("way", WAYS)
@MODES
async def test_go_clients_see_and_hear_each_other(go: Go, relay: Relay, way: str, single: bool) -> None:
    await _join(go, relay, "anna", way, single=single)
    await _join(go, relay, "binh", way, single=single)
    for who, other in (("anna", "binh"), ("binh", "anna")):
        for kind in ("audio", "video"):
            sid = await go.publish(who, kind)
            told = await go.event("track", other, lambda what, sid=sid: what["sid"] == sid)
            assert (told["from"], told["kind"]) == (who, kind)
            await _is_whole(go, other, sid, 60)
