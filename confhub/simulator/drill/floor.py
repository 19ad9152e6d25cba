"""Floor changes by the hub's own API, and how fast the rooms saw each by the payloads of the new speaker."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confhub.kernel.ids import Identity, endpoint_identity
from confhub.simulator.drill.plan import FLOOR_EVERY_S
from confhub.simulator.province.hub_client import HubClient, HubRefused

HANDOVER_S = 1.0
"""The old speaker keeps its grant so long after the new one got the floor."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A simulated room that publishes `source` when it has the floor, and its own page at the hub."""

    code: str
    source: str
    page: HubClient

    @property
    def identity(self) -> Identity:
        """Its name in the media room."""
        return endpoint_identity(self.code)


@dataclass(frozen=True, slots=True)
class Change:
    """One request: when (Unix ms), who got the floor, by what payload it is known."""

    at_ms: float
    code: str
    source: str


@dataclass
class FloorChanges:
    """Gives the floor to the speakers in turn; the next has its hand up, so it publishes ahead."""

    chair: HubClient
    session_id: int
    speakers: Sequence[Speaker]
    changes: list[Change] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """The hub's words where it refused; no room sees such a change, and it counts as missed."""

    async def prepare(self) -> None:
        """The first two hands are up."""
        for speaker in self.speakers[:2]:
            await speaker.page.raise_hand(self.session_id)

    async def run(self, changes: int) -> None:
        """So many changes, one each FLOOR_EVERY_S or as soon as a slow hub is through."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        before: Speaker | None = None
        for turn in range(changes):
            speaker = self.speakers[turn % len(self.speakers)]
            self.changes.append(Change(time.time() * 1000, speaker.code, speaker.source))
            await self._ask(self.chair.give_floor(self.session_id, speaker.identity))
            await asyncio.sleep(HANDOVER_S)
            if before is not None:
                await self._ask(self.chair.take_floor(self.session_id, before.identity))
            following = self.speakers[(turn + 2) % len(self.speakers)]
            if following is not speaker:
                await self._ask(following.page.raise_hand(self.session_id))
            before = speaker
            await asyncio.sleep(max(0.0, begun + (turn + 1) * FLOOR_EVERY_S - loop.time()))
        if before is not None:
            await self._ask(self.chair.take_floor(self.session_id, before.identity))

    async def _ask(self, wish: Awaitable[object]) -> None:
        """One order; what the hub refuses is noted, and the drill goes on."""
        try:
            await wish
        except HubRefused as error:
            self.refusals.append(str(error))


def switch_times(
    changes: Sequence[Change], switches: Sequence[Mapping[str, Any]], rooms: Sequence[str]
) -> tuple[list[float], int]:
    """Milliseconds from each request to each room's first packet of the new source, and how many rooms of
    how many changes never had one. A room does not wait for itself.

    `switches`: the rooms' own `{"room", "source", "at_ms"}`.
    """
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for switch in switches:
        seen[str(switch["room"]), str(switch["source"])].append(float(switch["at_ms"]))
    times: list[float] = []
    missing = 0
    for number, change in enumerate(changes):
        over_ms = changes[number + 1].at_ms if number + 1 < len(changes) else float("inf")
        for room in rooms:
            if room == change.code:
                continue
            at = [at for at in seen[room, change.source] if change.at_ms <= at < over_ms]
            if at:
                times.append(min(at) - change.at_ms)
            else:
                missing += 1
    return times, missing
