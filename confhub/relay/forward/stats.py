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


@dataclass(frozen=True)
class PeerStats:
    """One transport, both ways. Counters are since its start, with RTP headers; loss 0..1, bitrates and layer
    are recent; `layer`: the highest picture layer sent to it now (0..2), -1 for none; `estimate_bps`: its
    REMB, 0 before the first; `jitter_s`: of what it receives, where it receives nothing of what it sends."""

    packets_down: int = 0
    octets_down: int = 0
    lost_down: int = 0
    loss_down: float = 0.0
    bitrate_down_bps: int = 0
    layer: int = -1
    steps_missing: int = 0  # layers that its line holds a picture below what was asked for, 3 for none at all
    estimate_bps: int = 0
    rtt_s: float | None = None
    jitter_s: float = 0.0
    dropped: int = 0  # not sent: the kernel's buffer was full, or a packet was refused
    packets_up: int = 0
    octets_up: int = 0
    lost_up: int = 0
    loss_up: float = 0.0
    bitrate_up_bps: int = 0

    def plus(self, other: PeerStats) -> PeerStats:
        """Both transports of one client as one: counters added, of figures the worse one."""
        times_s = [time_s for time_s in (self.rtt_s, other.rtt_s) if time_s is not None]
        return PeerStats(
            packets_down=self.packets_down + other.packets_down,
            octets_down=self.octets_down + other.octets_down,
            lost_down=self.lost_down + other.lost_down,
            loss_down=max(self.loss_down, other.loss_down),
            bitrate_down_bps=self.bitrate_down_bps + other.bitrate_down_bps,
            layer=max(self.layer, other.layer),
            steps_missing=max(self.steps_missing, other.steps_missing),
            estimate_bps=max(self.estimate_bps, other.estimate_bps),
            rtt_s=max(times_s, default=None),
            jitter_s=max(self.jitter_s, other.jitter_s),
            dropped=self.dropped + other.dropped,
            packets_up=self.packets_up + other.packets_up,
            octets_up=self.octets_up + other.octets_up,
            lost_up=self.lost_up + other.lost_up,
            loss_up=max(self.loss_up, other.loss_up),
            bitrate_up_bps=self.bitrate_up_bps + other.bitrate_up_bps,
        )
