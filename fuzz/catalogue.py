"""The targets by name: where each one lives, what is watched, how long its inputs are, how fast it runs."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from fuzz.law import Feed

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
"""The committed corpus: a small folder for each target."""


@dataclass(frozen=True)
class Target:
    """`pace`: inputs a second and core, roughly; inputs are shared out by it. `watched`: packages whose
    branches guide a Python target. `source`: the C file of a compiled target."""

    name: str
    tells: str
    pace: int
    max_bytes: int = 2048
    watched: tuple[str, ...] = ()
    source: str = ""

    @property
    def is_compiled(self) -> bool:
        """Is it a libFuzzer program in C?"""
        return bool(self.source)

    @property
    def corpus(self) -> Path:
        """Its committed inputs."""
        return CORPUS / self.name

    def ready(self) -> AbstractContextManager[Feed]:
        """The function that takes one input, for Python targets."""
        module = importlib.import_module(f"fuzz.targets.{self.name}")
        return module.ready()  # type: ignore[no-any-return]


_RELAY = "confhub.relay"
_WIRE = (f"{_RELAY}.wire", "confhub.simulator.rtc")
_TRANSPORT = f"{_RELAY}.transport"
_ROOM = (f"{_RELAY}.room", f"{_RELAY}.service", f"{_RELAY}.wire")
_HUB = (
    "confhub.http.rooms.messages",
    "confhub.http.forms",
    "confhub.http.shapes",
    "confhub.simulator.truth.rooms",
)
_TARGETS = (
    Target("stun", "STUN, and a mux that answers nobody unsigned", 1500, 1300, (*_WIRE, _TRANSPORT)),
    Target("rtp", "RTP headers and extensions", 25000, 1500, _WIRE),
    Target("rtcp", "RTCP compounds", 10000, 1500, _WIRE),
    Target("sdp", "session descriptions", 1200, 16384, _WIRE),
    Target("codecs", "payload descriptors, RED, TCP framing", 3000, 512, _WIRE),
    Target("tokens", "access tokens", 25000, 4096, _WIRE),
    Target("dtls", "the DTLS front", 800, 8192, (_TRANSPORT, "aiortc.rtcdtlstransport")),
    Target("sctp", "the SCTP front and data channels", 300, 8192, (_TRANSPORT, "aiortc.rtcsctptransport")),
    Target("media", "RTP and RTCP through the forwarding", 300, 8192, (f"{_RELAY}.forward", *_WIRE)),
    Target("signal", "SignalRequests to a room", 250, 8192, _ROOM),
    Target("twirp", "RoomService and Stage, JSON and protobuf", 250, 4096, _ROOM),
    Target("join", "join requests, gzip bombs too", 6000, 8192, (f"{_RELAY}.service.joining",)),
    Target("webhook", "webhooks at the hub", 500, 8192, ("confhub.engine",)),
    Target("rooms_hub", "messages and diaries of rooms to the hub", 20000, 4096, _HUB),
    Target("hub_rooms", "what rooms are told and keep on disk", 25000, 4096, ("endpoints",)),
    Target(
        "imports",
        "import files",
        5000,
        8192,
        ("confhub.sheets", "confhub.registry", "confhub.rosters", "confhub.checkin.filetable"),
    ),
    Target("multipart", "uploads and their forms", 20000, 8192, ("confhub.http.multipart",)),
    Target("fanout", "both twins of the fan-out, byte for byte", 2000, 4096, (f"{_RELAY}.forward", *_WIRE)),
    Target("reading", "both twins of the rooms' packet reading", 2500, 4096, ("confhub.simulator.rtc",)),
    Target("packet", "RTP read and copies written, in C", 150000, 2048, source="packet.c"),
    Target("burst", "bursts into a kernel that refuses, in C", 8000, 2048, source="burst.c"),
    Target("intake", "datagrams taken many at a call, in C", 250000, 1024, source="intake.c"),
    Target("receiver", "what the rooms receive, in C", 30000, 4096, source="receiver.c"),
)
TARGETS = {target.name: target for target in _TARGETS}
