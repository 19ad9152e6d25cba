"""The hub's clock, for devices that compare their own with it; and the round trip that they state
afterwards."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, BaseModel

from confhub.http.api_decorator import Api
from confhub.http.context import services
from confhub.http.shapes import ApiModel
from confhub.kernel.roundtrip import RoundTrip

PATH = "/api/v1/time"

api = Api("Time")


class TimeOut(BaseModel):
    """When the hub received the question, and when it answered, by its clock."""

    received_at: datetime
    answered_at: datetime


class ClockIn(ApiModel):
    """The quickest of several round trips that a device made to `GET /api/v1/time`: when it asked and heard
    the answer by its own clock, and the two moments of that answer."""

    asked_at: AwareDatetime
    received_at: AwareDatetime
    answered_at: AwareDatetime
    heard_at: AwareDatetime

    @property
    def trip(self) -> RoundTrip:
        return RoundTrip(self.asked_at, self.received_at, self.answered_at, self.heard_at)


@api("GET", PATH, summary="The hub's clock", response=TimeOut, security="none")
async def time(request: web.Request) -> TimeOut:
    """Costs next to nothing: ask some times, and keep the quickest answer."""
    clock = services(request).clock
    received = clock.now()
    return TimeOut(received_at=received, answered_at=clock.now())
