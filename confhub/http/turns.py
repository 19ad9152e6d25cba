"""Turns: how many of one costly thing go on at a time, of one asker and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from confhub.http.asking import asker_of
from confhub.http.context import peer
from confhub.kernel.errors import TooManyAtOnce
from confhub.kernel.guest import network_of

STREAMS_EACH, STREAMS_IN_ALL = 12, 2_000
"""Pages that follow what happens: a person has a few tabs; 302 rooms a screen and an operator each."""

VERIFICATIONS_EACH, VERIFICATIONS_IN_ALL = 1, 2
"""Recomputing a sealed attendance of 40,000 people takes seconds of a processor."""

RETRY_S = 10


class Turns:
    """`each` of one asker, `in_all` of everybody."""

    def __init__(self, each: int, in_all: int) -> None:
        self.each = each
        self.in_all = in_all
        self.refused = 0
        self._of: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._of.total()

    @contextmanager
    def turn(self, asker: str) -> Iterator[None]:
        """One turn for the length of the block. Raises TooManyAtOnce."""
        if self._of[asker] >= self.each or len(self) >= self.in_all:
            self.refused += 1
            raise TooManyAtOnce(retry_after_s=RETRY_S)
        self._of[asker] += 1
        try:
            yield
        finally:
            self._of[asker] -= 1
            if not self._of[asker]:
                del self._of[asker]


STREAM_TURNS: web.AppKey[Turns] = web.AppKey("stream_turns", Turns)
VERIFICATION_TURNS: web.AppKey[Turns] = web.AppKey("verification_turns", Turns)


async def named(request: web.Request) -> str:
    """Who asks, for counting: a login, a room, or the address."""
    return await asker_of(request) or f"address {network_of(peer(request).address)}"


def install(app: web.Application) -> None:
    """Let `app` count its costly things."""
    app[STREAM_TURNS] = Turns(STREAMS_EACH, STREAMS_IN_ALL)
    app[VERIFICATION_TURNS] = Turns(VERIFICATIONS_EACH, VERIFICATIONS_IN_ALL)
