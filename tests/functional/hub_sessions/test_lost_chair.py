"""A chair whose machine is killed while it speaks: noticed by the relay's silence, replaced while live."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from confhub.engine.types import StageSlot
from confhub.jobs.hearing import HEARING_S
from confhub.kernel.ids import EndpointId, SessionId
from confhub.relay.room import limits
from confhub.sessions.values import ChairView
from tests.functional.hub_sessions.running import Running, eventually, joined, media_room_of, running
from tests.plugins.sessions import ORGANIZER, principal

__all__ = ["running"]
pytestmark = pytest.mark.filterwarnings(
    # the SDK complains from a finalizer when the server dropped a handle before it did
    "ignore:Exception ignored in. <function FfiHandle:pytest.PytestUnraisableExceptionWarning"
)

SEEN_WITHIN_S = 5.0


def test_a_lost_chair_is_seen_within_five_seconds_by_what_the_figures_add_up_to() -> None:
    for patience_s in (limits.SILENT_WITHOUT_SIGNAL_S, limits.SILENT_SENDER_S):
        assert patience_s + HEARING_S < SEEN_WITHIN_S
    assert limits.DEPARTURE_WINDOW_S > SEEN_WITHIN_S, "it stays a participant: its line may come back"


@asynccontextmanager
async def machine(running: Running, session: SessionId) -> AsyncIterator[asyncio.subprocess.Process]:
    """The chair's machine, in a process of its own, sending its picture."""
    ticket = await running.hub.join.token_for_endpoint(principal(1), session)
    url = running.hub.engine.url_for("127.0.0.1", secure=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.functional.hub_sessions.publisher", url, ticket.token,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while await process.stdout.readline() != b"sends\n":
                assert process.returncode is None
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def chair_of(running: Running, session: SessionId) -> ChairView:
    chair = (await running.hub.live.snapshot(ORGANIZER, session)).chair
    assert chair is not None
    return chair


async def test_a_killed_chair_is_told_as_lost_before_it_leaves_and_another_room_leads(
    running: Running,
) -> None:
    session = await running.hub.live_now()
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(machine(running, session))
        await eventually(lambda: joined(running, session, "TQ"))
        await running.clockwork.hear()
        assert (await chair_of(running, session)).present
        other = await running.enter(session, 3)
        stack.push_async_callback(other.leave)
        await eventually(lambda: joined(running, session, "H1"))
        os.kill(process.pid, signal.SIGKILL)

        async def lost() -> bool:
            await running.clockwork.hear()
            return not (await chair_of(running, session)).present

        await eventually(lost)
        chair = await chair_of(running, session)
        assert (chair.state, chair.silent) == ("joined", True), "seen by its silence, not by its leaving"

        await running.hub.control.replace_chair(ORGANIZER, session, EndpointId(3))
        await other.until(other.may_publish)
        media_room = await media_room_of(running, session)
        slots = {slot.slot: slot.identity for slot in await running.hub.engine.stage(media_room)}
        assert slots[StageSlot.CHAIR] == "room:H1"
        assert (await chair_of(running, session)).present
