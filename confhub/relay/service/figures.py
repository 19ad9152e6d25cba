"""Figures of every participant, as rows for whoever asks: the hub's time series and the metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from confhub.relay.forward.stats import PeerStats
from confhub.relay.room.participant import Participant

COLUMNS = (
    "identity",
    "quality",
    "profile",
    "tcp",
    "rtt_ms",
    "jitter_ms",
    "dropped",
    "layer",
    "limited",
    "estimate_bps",
    "down_packets",
    "down_bytes",
    "down_lost",
    "down_loss_permille",
    "down_bps",
    "up_packets",
    "up_bytes",
    "up_lost",
    "up_loss_permille",
    "up_bps",
)
"""Of a row of `GetFigures`. Counters are of the present connection; rtt_ms null where unknown; layer -1:
no picture is sent; quality is LiveKit's ConnectionQuality (0 poor, 1 good, 2 excellent, 3 lost)."""


AT_ONCE = 16
"""Rows made between two looks at the sockets: about 1 ms."""


def row(participant: Participant) -> list[Any]:
    """Values in the order of COLUMNS."""
    media = participant.media
    stats = media.stats() if media is not None else PeerStats()
    return [
        participant.identity,
        int(participant.quality) if participant.quality is not None else 2,
        participant.profile.value,
        int(media is not None and media.is_over_tcp()),
        None if stats.rtt_s is None else round(stats.rtt_s * 1000),
        round(stats.jitter_s * 1000, 1),
        stats.dropped,
        stats.layer,
        int(stats.steps_missing > 0),
        stats.estimate_bps,
        stats.packets_down,
        stats.octets_down,
        stats.lost_down,
        round(stats.loss_down * 1000),
        stats.bitrate_down_bps,
        stats.packets_up,
        stats.octets_up,
        stats.lost_up,
        round(stats.loss_up * 1000),
        stats.bitrate_up_bps,
    ]


async def rows(participants: Iterable[Participant]) -> list[list[Any]]:
    """A row of each, in pieces: media goes on between two of them."""
    found = []
    waiting = list(participants)
    for at in range(0, len(waiting), AT_ONCE):
        found += [row(participant) for participant in waiting[at : at + AT_ONCE]]
        await asyncio.sleep(0)
    return found
