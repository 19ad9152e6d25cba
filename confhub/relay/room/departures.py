"""Who left a room lately, for those whose signalling was away then."""

from __future__ import annotations

from collections import OrderedDict

from livekit.protocol import models

from confhub.relay.room import limits


class Departures:
    """Who left a room lately: whoever was away then has never heard of it."""

    def __init__(self) -> None:
        self._gone: OrderedDict[str, tuple[float, models.ParticipantInfo]] = OrderedDict()

    def note(self, info: models.ParticipantInfo, now_s: float) -> None:
        """It was, or is now, announced as gone."""
        self._gone[info.sid] = (now_s, info)
        while self._gone:
            sid, (left_s, _) = next(iter(self._gone.items()))
            if now_s - left_s < limits.DEPARTURES_KEPT_S and len(self._gone) <= limits.DEPARTURES_KEPT:
                return
            del self._gone[sid]

    def since(self, joined_s: float, present: set[str]) -> list[models.ParticipantInfo]:
        """Who left after that time. Not whoever is back under the same identity: its new sid says enough, and
        a client that knows it already would take it for gone."""
        return [
            info
            for left_s, info in self._gone.values()
            if left_s >= joined_s and info.identity not in present
        ]
