"""Figures about one track or copy, for connection quality and metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackStats:
    """octets: with RTP headers; `lost` is by RTCP (down) or by missing numbers (up); loss 0..1, recent."""

    packets: int
    octets: int
    lost: int
    loss: float
    bitrate_bps: int
    rtt_s: float | None
    dropped: int  # of the whole peer: not sent as the kernel's buffer was full, or refused
    nacks: int
    plis: int
