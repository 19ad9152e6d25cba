"""Password hashes: argon2id, in threads that step back, a few at a time, in a fair and bounded queue."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError, VerifyMismatchError

from confhub.accounts.queue import FairQueue
from confhub.kernel.priority import step_back

Result = TypeVar("Result")

AT_ONCE: Final = 2
"""Hashes computed at the same time: each takes 64 MiB and a core for some 50 ms."""


class Passwords:
    """Hashes and verifies off the event loop. Parameters are argon2-cffi's (RFC 9106, low memory)."""

    def __init__(self, hasher: PasswordHasher | None = None, queue: FairQueue | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._queue = queue or FairQueue(AT_ONCE)
        self._threads = ThreadPoolExecutor(AT_ONCE, "password", step_back)
        self._decoy: str | None = None

    def turn(self, lane: str) -> AbstractAsyncContextManager[None]:
        """Held by whoever hashes; a caller that checks a limit first does both while holding it.

        Raises `LoginsWaiting` where too many wait.
        """
        return self._queue.turn(lane)

    async def hash(self, password: str, lane: str = "") -> str:
        """The hash to be stored."""
        async with self.turn(lane):
            return await self.hash_held(password)

    async def hash_held(self, password: str) -> str:
        """As `hash`; the caller holds a turn."""
        return await self._aside(self._hasher.hash, _normal(password))

    async def verify_held(self, stored: str | None, password: str) -> bool:
        """Whether `password` belongs to `stored`; the caller holds a turn.

        With None (no such account) as much time is spent, and the answer is False.
        """
        return await self._aside(self._verify, stored, _normal(password))

    async def verify(self, stored: str | None, password: str, lane: str = "") -> bool:
        """As `verify_held`, taking a turn itself."""
        async with self.turn(lane):
            return await self.verify_held(stored, password)

    async def _aside(self, work: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters and should be made anew."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str | None, password: str) -> bool:
        if self._decoy is None:  # made whoever asks first, so that the first unknown name takes no longer
            self._decoy = self._hasher.hash("nobody's password")
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (VerifyMismatchError, InvalidHashError, Argon2Error):
            return False
        return stored is not None


def _normal(password: str) -> str:
    # The same letters typed on another machine may arrive composed otherwise (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode("utf-8")
