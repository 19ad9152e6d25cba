"""The hub's clock and the engine's differ by a minute and a half: what is told of rooms is by the hub's."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import WebhookRefused
from confhub.engine.types import EventKind
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import Identity, MediaRoom
from tests.contract.engine.clients import Client
from tests.plugins.engines import KEY, SECRET, House

HALL = Identity("room:HALL")
DOUBT = timedelta(seconds=2)
"""A second of the engine's `Date`, one of its whole seconds in webhooks."""


class Shifted(SystemClock):
    """The machine's clock, set wrong."""

    def __init__(self, by_s: float) -> None:
        self.by = timedelta(seconds=by_s)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture(params=[90.0, -90.0], ids=["engine behind", "engine ahead"])
async def hub(house: House, request: pytest.FixtureRequest) -> AsyncIterator[tuple[MediaEngine, Shifted]]:
    clock = Shifted(request.param)
    made = MediaEngine(house.url, KEY, SECRET, clock)
    await made.start()
    yield made, clock
    await made.close()


async def test_joins_and_leaves_are_told_by_the_hub_s_clock(
    hub: tuple[MediaEngine, Shifted], engine: MediaEngine, house: House
) -> None:
    theirs, clock = hub
    media_room = MediaRoom(f"clock-{clock.by.total_seconds():.0f}")
    await theirs.open_room(media_room)
    began = clock.now()
    token = (engine if theirs.capabilities.revokes_tokens else theirs).mint_token(
        media_room, HALL, "Hội trường"
    )
    hall = await Client(engine, media_room, HALL).join(token)
    try:
        (who,) = await theirs.participants(media_room)
        assert began - DOUBT <= who.joined_at <= clock.now() + DOUBT
        joined = await house.postbox.wait_for(
            theirs, lambda e: e.kind is EventKind.JOINED and e.media_room == media_room
        )
        assert joined.joined_at is not None
        assert began - DOUBT <= joined.joined_at <= clock.now() + DOUBT
    finally:
        await hall.leave()
    left = await house.postbox.wait_for(
        theirs, lambda e: e.kind is EventKind.LEFT and e.media_room == media_room
    )
    assert began - DOUBT <= left.at <= clock.now() + DOUBT


def _signed(at: datetime) -> tuple[bytes, str]:
    body = b'{"event": "room_started", "room": {"name": "r"}}'
    claims = {
        "iss": KEY, "nbf": int(at.timestamp()), "exp": int((at + timedelta(minutes=5)).timestamp()),
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }  # fmt: skip
    return body, jwt.encode(claims, SECRET, algorithm="HS256")


async def test_a_signature_of_a_clock_that_is_known_to_be_ahead_counts(
    engine: MediaEngine, house: House
) -> None:
    body, signature = _signed(datetime.now(UTC) + timedelta(seconds=90))
    with pytest.raises(WebhookRefused):
        engine.receive_webhook(body, signature)
    behind = MediaEngine(house.url, KEY, SECRET, Shifted(-90))
    await behind.start()
    try:
        assert behind.receive_webhook(body, signature).kind is EventKind.STARTED
    finally:
        await behind.close()
