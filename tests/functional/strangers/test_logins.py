"""Log-ins: a hundred guesses at once stand behind one another, and before nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from confhub.accounts.errors import LoginFailed
from confhub.accounts.passwords import AT_ONCE, Passwords
from confhub.accounts.queue import FairQueue
from confhub.accounts.service import AccountService, SetupCode
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.kernel.clock import ManualClock
from tests.plugins.strangers import until
from tests.plugins.website import CHEAP, PASSWORD

GUESSES = 100


class NotingQueue(FairQueue):
    """The queue, which notes who came and whose turn it was, in order."""

    def __init__(self) -> None:
        super().__init__(AT_ONCE)
        self.came: list[str] = []
        self.served: list[str] = []

    @asynccontextmanager
    async def turn(self, lane: str) -> AsyncIterator[None]:
        self.came.append(lane)
        async with super().turn(lane):
            self.served.append(lane)
            yield


@pytest.mark.parametrize("guessers", [1, 4], ids=["one address", "four addresses"])
async def test_one_honest_log_in_waits_for_one_guess_of_each_address(
    services: Services, hub_database: Database, clock: ManualClock, setup_code: SetupCode, guessers: int
) -> None:
    """A hundred names that nobody has wait for their check when an administrator comes: the order tells, not
    the time that a check takes here."""
    queue = NotingQueue()
    accounts = AccountService(hub_database, clock, setup_code, Passwords(CHEAP, queue), services.refusals)
    await accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    queue.came.clear()
    async with queue.turn("both places"), queue.turn("are taken"):
        guesses = [
            asyncio.create_task(accounts.log_in(f"nobody-{number}", "x", f"198.51.{number % guessers}.7"))
            for number in range(GUESSES)
        ]
        await until(lambda: len(queue.came) == GUESSES + 2)
        honest = asyncio.create_task(accounts.log_in("admin", PASSWORD, "203.0.113.5"))
        await until(lambda: len(queue.came) == GUESSES + 3)
        queue.served.clear()
    assert (await honest).account_id
    lane = queue.came[-1]
    assert queue.served.index(lane) <= guessers + AT_ONCE - 1
    ended = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(error) for error in ended} == {LoginFailed}
    assert queue.served.count(lane) == 1
    assert len(queue.served) == GUESSES + 1
