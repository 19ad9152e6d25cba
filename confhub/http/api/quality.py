"""The rooms' lines: how they are now, how they were over the session, and how much they may carry."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.shapes import ApiModel
from confhub.kernel.ids import EndpointId, SessionId
from confhub.registry.values import BandwidthProfile
from confhub.sessions.errors import NotInSession, SessionUnknown
from confhub.sessions.quality import RoomLine
from confhub.sessions.quality_rules import SAMPLE_S, Sample

api = Api("Control room")


class SampleOut(ApiModel):
    """One look at a room's line. Loss in percent; layer of the picture it is sent: 0 low to 2 high, -1 none;
    quality: 0 poor, 1 good, 2 excellent, 3 lost; limited: the line holds the picture down."""

    at: datetime
    loss_down: float
    loss_up: float
    down_kbps: int
    up_kbps: int
    layer: int
    rtt_ms: int | None
    quality: int
    limited: bool
    tcp: bool


class LineOut(ApiModel):
    """One room now, and its loss (percent) of the last minutes, oldest first."""

    endpoint_id: int
    now: SampleOut
    losses: list[float]


class LinesOut(ApiModel):
    """Rooms that are sampled now, each `sample_s` seconds."""

    sample_s: int
    rooms: list[LineOut]


class SeriesOut(ApiModel):
    """One room over the session, oldest first."""

    endpoint_id: int
    samples: list[SampleOut]


class ProfileWish(ApiModel):
    """The bandwidth profile for this session; null: the room's own."""

    profile: BandwidthProfile | None


@api("GET", "/api/v1/sessions/{id}/quality", summary="Every room's line now", response=LinesOut,
     errors=(SessionUnknown,))  # fmt: skip
async def lines(request: web.Request) -> LinesOut:
    """Empty where nothing runs, and where the media server tells no figures."""
    found = await services(request).quality.lines(actor(request), SessionId(path_id(request)))
    return LinesOut(sample_s=SAMPLE_S, rooms=[_line(line) for line in found])


@api("GET", "/api/v1/sessions/{id}/rooms/{endpoint}/quality", summary="A room's line over the session",
     response=SeriesOut, errors=(SessionUnknown, NotInSession))  # fmt: skip
async def series(request: web.Request) -> SeriesOut:
    """At most 400 samples: of a long session, each stands for several, by the worst of them."""
    endpoint_id = EndpointId(path_id(request, "endpoint"))
    found = await services(request).quality.series(actor(request), SessionId(path_id(request)), endpoint_id)
    return SeriesOut(endpoint_id=endpoint_id, samples=[_sample(sample) for sample in found])


@api("PUT", "/api/v1/sessions/{id}/rooms/{endpoint}/profile", summary="Change a room's bandwidth profile",
     request=ProfileWish, errors=(SessionUnknown, NotInSession))  # fmt: skip
async def set_profile(request: web.Request, body: ProfileWish) -> None:
    """For this session, at once: full, low (the lowest picture layer) or audio (no picture)."""
    await services(request).control.set_profile(
        actor(request), SessionId(path_id(request)), EndpointId(path_id(request, "endpoint")), body.profile
    )


def _line(line: RoomLine) -> LineOut:
    return LineOut(
        endpoint_id=line.endpoint_id,
        now=_sample(line.newest),
        losses=[_percent(loss) for loss in line.losses],
    )


def _sample(sample: Sample) -> SampleOut:
    return SampleOut(
        at=sample.at,
        loss_down=_percent(sample.loss_down),
        loss_up=_percent(sample.loss_up),
        down_kbps=sample.down_kbps,
        up_kbps=sample.up_kbps,
        layer=sample.layer,
        rtt_ms=sample.rtt_ms,
        quality=sample.quality,
        limited=sample.limited,
        tcp=sample.tcp,
    )


def _percent(share: float) -> float:
    return round(share * 100, 1)
