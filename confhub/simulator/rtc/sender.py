"""What one connection publishes: replays, their history for NACKs, their sender reports."""

from __future__ import annotations

from confhub.relay.wire import rtcp
from confhub.simulator.rtc.feedback import Feedback
from confhub.simulator.rtc.reading import Port
from confhub.simulator.rtc.replay import Replay
from confhub.simulator.rtc.srtp import SrtpPair

HISTORY_PACKETS = 1024  # two seconds of 720p, and what libsrtp's replay window at the receiver still takes
MAX_RESENT = 128  # packets resent for one feedback packet


class Sender:
    """Called by the media thread alone."""

    def __init__(self, cname: str) -> None:
        self.packets = 0  # RTP packets made, without retransmissions
        self.resent = 0
        self._cname = cname
        self._replays: dict[int, Replay] = {}
        self._history: dict[int, dict[int, bytes]] = {}

    def add(self, replay: Replay, now: float) -> None:
        """Publishing begins, or goes on, with a keyframe."""
        self._replays[replay.ssrc] = replay
        self._history.setdefault(replay.ssrc, {})
        replay.start(now)

    def remove(self, ssrc: int) -> None:
        """Publishing ends within this packet."""
        self._replays.pop(ssrc, None)
        self._history.pop(ssrc, None)

    def deadline(self) -> float:
        """When the next packet is due; inf when nothing is published."""
        return min([replay.deadline() for replay in self._replays.values()], default=float("inf"))

    def poll(self, now: float, port: Port) -> None:
        """Sends what is due, each track's as one burst."""
        for ssrc, replay in self._replays.items():
            ready = replay.due(now)
            if not ready:
                continue
            history = self._history[ssrc]
            history.update(
                zip((number for number, _ in ready), port.send_rtp([p for _, p in ready], now), strict=False)
            )
            while len(history) > HISTORY_PACKETS:
                del history[next(iter(history))]
            self.packets += len(ready)

    def on_rtcp(self, feedback: Feedback, now: float) -> list[bytes]:
        """Answers NACKs from the history (datagrams ready for the socket), PLI and FIR by the clip's
        keyframe."""
        for ssrc in feedback.keyframes:
            replay = self._replays.get(ssrc)
            if replay is not None:
                replay.ask_keyframe(now)
        resent = [
            datagram
            for ssrc, sequence in feedback.nacked[:MAX_RESENT]
            if (datagram := self._history.get(ssrc, {}).get(sequence)) is not None
        ]
        self.resent += len(resent)
        return resent

    def reports(self, now: float, unix_s: float, pair: SrtpPair) -> list[bytes]:
        """One SR with its SDES for each replay."""
        ntp = rtcp.to_ntp(unix_s)
        return [
            pair.protect_rtcp(
                rtcp.build_sr(
                    rtcp.SenderReport(replay.ssrc, ntp, replay.rtp_time(now), replay.packets, replay.octets)
                )
                + rtcp.build_sdes(replay.ssrc, self._cname)
            )
            for replay in self._replays.values()
        ]
