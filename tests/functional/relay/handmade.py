"""A person with codecs that no SDK at hand sends: H.264 by x264, PCMU, backups of both, in hand-made RTP.

Not a stand-in for a client of somebody's making: LiveKit's Go SDK itself is in golang.py. On the subscriber
connection it is the DTLS server, as pion is.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import av
import numpy as np
from aiortc.codecs.g711 import PcmuEncoder
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Decoder, vp8_depayload
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from livekit.protocol import models, rtc

from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtp, sdp
from tests.functional.relay.signal import Signal
from tests.unit.relay.peerkit import ICE_PWD, Client

DEADLINE_S = 15.0
_VIDEO_CLOCK, _SOUND_CLOCK = Fraction(1, 90000), Fraction(1, 8000)
_FEEDBACK = ("goog-remb ", "ccm fir ", "nack ", "nack pli")
VIDEO = {
    96: ("VP8/90000", ""),
    97: ("rtx/90000", "apt=96"),
    102: ("H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"),
    103: ("rtx/90000", "apt=102"),
    125: ("H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
    98: ("VP9/90000", "profile-id=0"),
    99: ("rtx/90000", "apt=98"),
    45: ("AV1/90000", ""),
}
AUDIO = {
    111: ("opus/48000/2", "minptime=10;useinbandfec=1"),
    9: ("G722/8000", ""),
    0: ("PCMU/8000", ""),
    8: ("PCMA/8000", ""),
}


class HandmadePerson:
    """`async with HandmadePerson(http, relay, token) as other:`; v0."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        port: int,
        udp_port: int,
        token: str,
        takes: tuple[str, ...] = ("vp8", "h264", "vp9", "av1", "opus", "pcmu", "pcma"),
    ) -> None:
        self.signal = Signal(http, port, token, v0=True)
        self.takes = takes
        self.publisher, self.subscriber = Client(), Client()
        self.subscriber.dtls._set_role("server")
        self.sections: dict[str, sdp.MediaSection] = {}  # subscribed ones by track sid
        self.tasks: list[asyncio.Task[None]] = []
        self.answer: asyncio.Future[rtc.SessionDescription] | None = None
        self.published: asyncio.Future[rtc.TrackPublishedResponse] | None = None
        self._mux = cast(UdpMux, SimpleNamespace(port=udp_port))
        self._heard = asyncio.Event()
        self._offered: list[str] = []
        self._offers = 0

    async def __aenter__(self) -> HandmadePerson:
        await self.signal.__aenter__()
        self.tasks.append(asyncio.create_task(self._read()))
        return self

    async def __aexit__(self, *error: Any) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for client in (self.publisher, self.subscriber):
            if client._socket is not None:
                await client.close()
        await self.signal.__aexit__(None, None, None)

    # --- signalling ---

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                response = await self.signal.next()
                self._heard.set()
                if response.HasField("offer"):
                    await self._answer(response.offer)
                elif response.HasField("answer") and self.answer is not None:
                    self.answer.set_result(response.answer)
                elif response.HasField("track_published") and self.published is not None:
                    self.published.set_result(response.track_published)

    async def _answer(self, offer: rtc.SessionDescription) -> None:
        """Take every section that is offered."""
        theirs = sdp.parse(offer.sdp)
        lines = _head(self.subscriber, [section.mid for section in theirs.sections])
        for section in theirs.sections:
            if section.kind == "application":
                lines += _data_section(section.mid, "passive")
                continue
            chosen = [codec for codec in section.codecs.values() if codec.key in self.takes]
            if not chosen:
                lines += [
                    f"m={section.kind} 0 UDP/TLS/RTP/SAVPF 0",
                    *_transport_lines(section.mid, "passive"),
                ]
                continue
            codecs = {c.pt: (f"{c.name}/{c.clock_hz}", _fmtp(c.fmtp)) for c in chosen}
            lines += _media_section(
                section.kind, section.mid, codecs, "recvonly", "passive", extmap=section.extmap
            )
        for mid, sid in offer.mid_to_track_id.items():
            found = theirs.section(mid)
            if found is not None:
                self.sections[sid] = found
        await self.signal.send(answer={"type": "answer", "sdp": _text(lines), "id": offer.id})
        await self._connect(self.subscriber, theirs)

    async def _connect(self, client: Client, theirs: sdp.SessionDescription) -> None:
        if client._socket is not None:
            return
        section = theirs.sections[0]
        await client.open(self._mux)
        await client.check(section.ice_ufrag, section.ice_pwd)
        fingerprints = [RTCDtlsFingerprint(a, v) for a, v in section.fingerprints]
        async with asyncio.timeout(DEADLINE_S):
            await client.dtls.start(RTCDtlsParameters(fingerprints=fingerprints))

    async def told(self, kind: str, matches: Callable[[Any], bool]) -> Any:
        """The first message of that kind that matches, come or coming."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                found = [getattr(r, kind) for r in self.signal.got if r.WhichOneof("message") == kind]
                match = next(filter(matches, found), None)
                if match is not None:
                    return match
                self._heard.clear()
                await self._heard.wait()

    # --- publishing ---

    async def publish(self, kind: str, source: int, **options: Any) -> tuple[int, str]:
        """add_track and an offer with one more section; (its ssrc, the track's sid)."""
        cid = f"{kind}-{len(self._offered)}"
        loop = asyncio.get_running_loop()
        self.published = loop.create_future()
        track_type = models.TrackType.VIDEO if kind == "video" else models.TrackType.AUDIO
        codecs = options.pop("codecs", None) or (VIDEO if kind == "video" else AUDIO)
        track = {"cid": cid, "type": track_type, "source": source, "width": 320, "height": 180, **options}
        await self.signal.send(add_track=track)
        told = await asyncio.wait_for(self.published, DEADLINE_S)
        ssrc = random.randrange(1, 1 << 32)
        mid = str(len(self._offered))
        stream = [f"a=ssrc:{ssrc} cname:livekit", f"a=ssrc:{ssrc} msid:livekit {cid}"]
        stream += [f"a=ssrc:{ssrc} mslabel:livekit", f"a=ssrc:{ssrc} label:{cid}", f"a=msid:livekit {cid}"]
        section = _media_section(kind, mid, codecs, "sendonly", "actpass", stream)
        self._offered.append("\r\n".join(section))
        await self._offer()
        return ssrc, told.track.sid

    async def _offer(self) -> None:
        mids = [str(n) for n in range(len(self._offered))]
        lines = [*_head(self.publisher, mids), *self._offered]
        self._offers += 1
        self.answer = asyncio.get_running_loop().create_future()
        await self.signal.send(offer={"type": "offer", "sdp": _text(lines), "id": self._offers})
        answer = sdp.parse((await asyncio.wait_for(self.answer, DEADLINE_S)).sdp)
        await self._connect(self.publisher, answer)
        self.answered = answer

    async def show(self, colour: tuple[int, int, int]) -> str:
        """A picture of one colour in H.264, by libx264."""
        codecs = {pt: VIDEO[pt] for pt in (125, 102, 103)}
        ssrc, sid = await self.publish("video", models.TrackSource.CAMERA, codecs=codecs)
        self.tasks.append(asyncio.create_task(self._paint(ssrc, colour)))
        return sid

    async def sound(self, frequency_hz: float) -> str:
        """A tone in PCMU."""
        codecs = {0: AUDIO[0]}
        ssrc, sid = await self.publish("audio", models.TrackSource.MICROPHONE, codecs=codecs)
        self.tasks.append(asyncio.create_task(self._hum(ssrc, frequency_hz)))
        return sid

    async def _paint(self, ssrc: int, colour: tuple[int, int, int]) -> None:
        picture = np.zeros((180, 320, 3), np.uint8)
        picture[:] = colour
        encoder, seq, count = H264Encoder(), 65000, 0
        while True:
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = count * 6000, _VIDEO_CLOCK
            payloads, _ = encoder.encode(frame, force_keyframe=count % 10 == 0)
            for index, payload in enumerate(payloads):
                is_last = index == len(payloads) - 1
                packet = rtp.build(
                    pt=125, seq=seq, timestamp=count * 6000, ssrc=ssrc, payload=payload, marker=is_last
                )
                self.publisher.send_rtp(packet)
                seq += 1
            count += 1
            await asyncio.sleep(1 / 15)

    async def _hum(self, ssrc: int, frequency_hz: float) -> None:
        encoder, seq, at = PcmuEncoder(), 0, 0
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        while True:
            times = (np.arange(160) + at) / 8000
            samples = (np.sin(2 * np.pi * frequency_hz * times) * 12_000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, at, _SOUND_CLOCK
            (payload,), _ = encoder.encode(frame)
            self.publisher.send_rtp(rtp.build(pt=0, seq=seq, timestamp=at, ssrc=ssrc, payload=payload))
            seq, at = seq + 1, at + 160
            await asyncio.sleep(max(0.0, start_s + at / 8000 - loop.time()))

    # --- receiving ---

    async def packets(self, sid: str, count: int) -> list[tuple[rtp.RtpView, bytes]]:
        """The first packets with a payload of a subscribed track."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                section = self.sections.get(sid)
                ssrcs = set(section.ssrcs) if section is not None else set()
                views = [(rtp.parse(packet), packet) for packet in self.subscriber.rtp]
                found = [
                    (view, p)
                    for view, p in views
                    if view.ssrc in ssrcs and view.payload_at < view.payload_end
                ]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.05)

    async def vp8_colour(self, sid: str) -> tuple[int, int, int]:
        """The mean colour of the last of some pictures, decoded by libvpx."""
        found = await self.packets(sid, 20)
        decoder, data, shown = Vp8Decoder(), b"", None
        for view, packet in found:
            data += vp8_depayload(packet[view.payload_at : view.payload_end])
            if view.marker:
                for frame in decoder.decode(JitterFrame(data, view.timestamp)):
                    shown = cast(av.VideoFrame, frame).to_ndarray(format="rgb24").mean((0, 1))
                data = b""
        assert shown is not None
        red, green, blue = shown
        return round(red), round(green), round(blue)


def _fmtp(fmtp: dict[str, str]) -> str:
    return ";".join(f"{key}={value}" if value else key for key, value in fmtp.items())


def _text(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"


def _head(client: Client, mids: list[str]) -> list[str]:
    algorithm, value = client.fingerprints[0]
    return [
        "v=0",
        "o=- 4648475892259889561 1700000000 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=msid-semantic:WMS*",
        f"a=fingerprint:{algorithm} {value}",
        "a=extmap-allow-mixed",
        "a=group:BUNDLE " + " ".join(mids),
    ]


def _transport_lines(mid: str, setup: str) -> list[str]:
    return [
        "c=IN IP4 0.0.0.0",
        f"a=setup:{setup}",
        f"a=mid:{mid}",
        "a=ice-ufrag:tester",
        f"a=ice-pwd:{ICE_PWD}",
    ]


def _data_section(mid: str, setup: str) -> list[str]:
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        *_transport_lines(mid, setup),
        "a=sendrecv",
        "a=sctp-port:5000",
        "a=max-message-size:1073741823",
    ]


def _media_section(
    kind: str,
    mid: str,
    codecs: dict[int, tuple[str, str]],
    direction: str,
    setup: str,
    stream: list[str] | None = None,
    extmap: dict[int, str] | None = None,
) -> list[str]:
    lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, codecs)), *_transport_lines(mid, setup)]
    lines += ["a=rtcp-mux", "a=rtcp-rsize"]
    for pt, (name, parameters) in codecs.items():
        lines.append(f"a=rtpmap:{pt} {name}")
        if parameters:
            lines.append(f"a=fmtp:{pt} {parameters}")
        if kind == "video" and not name.startswith("rtx"):
            lines += [f"a=rtcp-fb:{pt} {feedback}" for feedback in _FEEDBACK]
    known = extmap or {1: "urn:ietf:params:rtp-hdrext:sdes:mid"}
    lines += [f"a=extmap:{number} {uri}" for number, uri in known.items()]
    return [*lines, *(stream or []), f"a={direction}"]
