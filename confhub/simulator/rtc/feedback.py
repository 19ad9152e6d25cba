"""What RTCP says to a room: what is asked of it as a sender, what sources report of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from confhub.relay.wire import rtcp

MAX_NACKED = 256
"""Sequence numbers in one compound; whoever lacks more asks for a keyframe."""


@dataclass(slots=True)
class Feedback:
    """What one compound packet says to a sender or about a source.

    `nacked`: (media ssrc, sequence number) pairs; `keyframes`: ssrcs for which PLI or FIR asked a keyframe;
    `reports`: (sender ssrc, middle 32 bits of its NTP time); `byes`: ssrcs that ended; `remb_bps`: -1 if
    absent.
    """

    nacked: list[tuple[int, int]] = field(default_factory=list)
    keyframes: list[int] = field(default_factory=list)
    reports: list[tuple[int, int]] = field(default_factory=list)
    byes: list[int] = field(default_factory=list)
    remb_bps: int = -1

    @property
    def only_reports(self) -> bool:
        """Whether there is nothing in it but what sources report of themselves."""
        return not (self.nacked or self.keyframes or self.byes or self.remb_bps >= 0)


def read_feedback(compound: bytes) -> Feedback:
    """A decrypted compound packet. Raises RtcpError when it is malformed."""
    found = Feedback()
    for packet in rtcp.parse(compound):
        if isinstance(packet, rtcp.SenderReport):
            found.reports.append((packet.ssrc, packet.ntp >> 16 & 0xFFFFFFFF))
        elif isinstance(packet, rtcp.Nack):
            room = MAX_NACKED - len(found.nacked)
            found.nacked += [(packet.ssrc, number) for number in packet.seqs[:room]]
        elif isinstance(packet, rtcp.Pli):
            found.keyframes.append(packet.ssrc)
        elif isinstance(packet, rtcp.Fir):
            found.keyframes += packet.ssrcs
        elif isinstance(packet, rtcp.Bye):
            found.byes += packet.ssrcs
        elif isinstance(packet, rtcp.Remb):
            found.remb_bps = packet.bitrate_bps
    return found
