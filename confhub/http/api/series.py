"""Series by API: sessions that come again, planned, changed, their dates left out and given back."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, Field

from confhub.http.api.sessions import ParticipantsIn, SessionIn
from confhub.http.api.shapes.series import (
    FreeWindowOut,
    FreeWindowsOut,
    OccurrenceOut,
    SeriesDetailsOut,
    SeriesPageOut,
    SeriesPreviewOut,
    SeriesPreviewViewOut,
    SeriesSaidOut,
    SeriesSessionOut,
    SeriesViewOut,
)  # fmt: skip
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.paging import Searched, Sized
from confhub.http.seen import if_match, tell_version
from confhub.http.series_words import said
from confhub.http.shapes import ApiModel, RowId
from confhub.http.wishes.series import OnDaysOffField, RuleFields
from confhub.http.wishes.sessions import REASON_MAX_CHARS, SessionFields
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import UnitId
from confhub.scheduling.errors import (
    DateFixed,
    DateNotSkipped,
    DateWithoutSession,
    NothingLeft,
    OccurrenceUnknown,
    ReasonNeeded,
    RoomsTaken,
    SeriesEnded,
    SeriesUnknown,
)  # fmt: skip
from confhub.scheduling.values import SeriesDetails, SeriesId, SeriesInput, SeriesView

api = Api("Series")


class SeriesRuleIn(RuleFields, ApiModel):
    __doc__ = RuleFields.__doc__


class SeriesIn(OnDaysOffField, ApiModel):
    """A series. `session`: as each of its sessions shall be; the day of its `starts_at` is the first on which
    one may be, and its hour that of all, in the house's zone. `conflict_reason`: why rooms are booked that
    another session has, where the rule of their unit asks for one."""

    session: SessionIn
    rule: SeriesRuleIn
    conflict_reason: str = Field(default="", max_length=REASON_MAX_CHARS)

    def wanted(self) -> SeriesInput:
        """As the services take it."""
        return SeriesInput(self.session.wanted(), self.rule.rule(), self.on_days_off)


class SeriesQuery(Searched, Sized, ApiModel):
    """Which series; `search` is compared without diacritics in the title, `unit_id`: of exactly that unit."""

    unit_id: RowId | None = None


class SeriesUpdateQuery(ApiModel):
    """`from_day`: only the dates from that day on."""

    from_day: date | None = None


class SeriesPreviewQuery(ApiModel):
    """`series_id`: the series that is being changed: its own sessions are no conflict."""

    series_id: RowId | None = None


class SkipReasonIn(ApiModel):
    """Why, as the session's history shall read it."""

    reason: str = Field(default="", max_length=REASON_MAX_CHARS)


class ConflictReasonIn(ApiModel):
    """Why rooms are booked that another session has, where the rule of their unit asks for one."""

    conflict_reason: str = Field(default="", max_length=REASON_MAX_CHARS)


class FreeIn(SessionFields, ApiModel):
    """The rooms that shall be free, and for how long; windows are looked for from `since` on, on
    `search_days` days, between `opens` and `closes` of the house's zone."""

    since: AwareDatetime
    search_days: int = Field(default=14, ge=-1_000, le=1_000)
    opens: time = time(7, 30)
    closes: time = time(17)
    participants: ParticipantsIn = ParticipantsIn()


def _id(request: web.Request) -> SeriesId:
    return SeriesId(path_id(request))


def _day(request: web.Request) -> date:
    try:
        return date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise NotFound from None


def _out(request: web.Request, view: SeriesView) -> SeriesSaidOut:
    fields: dict[str, Any] = SeriesViewOut.of(view).model_dump()
    return SeriesSaidOut(**fields, sentence=said(request, view.rule, view.on_days_off))


def _details(request: web.Request, found: SeriesDetails) -> SeriesDetailsOut:
    tell_version(request, found.input)
    return SeriesDetailsOut(
        series=_out(request, found.series),
        session=SeriesSessionOut.of(found.input.session),
        occurrences=[OccurrenceOut.of(one) for one in found.occurrences],
    )


@api("GET", "/api/v1/series", summary="List series", query=SeriesQuery, response=SeriesPageOut)
async def listing(request: web.Request, query: SeriesQuery) -> SeriesPageOut:
    """The series that the asker may view, those with a coming date first, by that date."""
    page = await services(request).series.list(
        actor(request),
        text=query.search,
        unit_id=None if query.unit_id is None else UnitId(query.unit_id),
        offset=query.offset,
        limit=query.size,
    )
    return SeriesPageOut(series=[_out(request, one) for one in page.series], total=page.total)


@api("POST", "/api/v1/series", summary="Plan a series", repeatable=True,
     request=SeriesIn, response=SeriesDetailsOut, status=201, errors=(RoomsTaken, ReasonNeeded))  # fmt: skip
async def create(request: web.Request, body: SeriesIn) -> SeriesDetailsOut:
    """Its dates are scheduled sessions: those of the next 18 months now or within minutes, later ones as time
    goes on. Where one of them may not have its rooms, nothing is made."""
    found = await services(request).series.create(actor(request), body.wanted(), reason=body.conflict_reason)
    return _details(request, found)


@api("POST", "/api/v1/series/preview", summary="What a series would be", request=SeriesIn,
     query=SeriesPreviewQuery, response=SeriesPreviewOut, errors=(SeriesUnknown,))  # fmt: skip
async def preview(request: web.Request, body: SeriesIn, query: SeriesPreviewQuery) -> SeriesPreviewOut:
    """Nothing is written: the rule in words, its dates, and who has the rooms then."""
    besides = None if query.series_id is None else SeriesId(query.series_id)
    found = await services(request).asks.preview(actor(request), body.wanted(), besides=besides)
    fields: dict[str, Any] = SeriesPreviewViewOut.of(found).model_dump()
    return SeriesPreviewOut(**fields, sentence=said(request, found.rule, body.on_days_off))


@api("POST", "/api/v1/free-windows", summary="Find a time", request=FreeIn, response=FreeWindowsOut)
async def free(request: web.Request, body: FreeIn) -> FreeWindowsOut:
    """The first windows in which all these rooms are free, on working days that are no days off; setting up
    and clearing count."""
    wanted = body.input("-", body.since, body.participants.participants())
    found = await services(request).asks.free(
        actor(request), wanted, search_days=body.search_days, opens=body.opens, closes=body.closes
    )
    return FreeWindowsOut(windows=[FreeWindowOut.of(one) for one in found])


@api("GET", "/api/v1/series/{id}", summary="One series", response=SeriesDetailsOut, errors=(SeriesUnknown,))
async def get(request: web.Request) -> SeriesDetailsOut:
    """Visible to whoever may view its branch."""
    return _details(request, await services(request).series.get(actor(request), _id(request)))


@api("PUT", "/api/v1/series/{id}", summary="Change a series", request=SeriesIn, query=SeriesUpdateQuery,
     response=SeriesDetailsOut,
     errors=(SeriesUnknown, SeriesEnded, NothingLeft, RoomsTaken, ReasonNeeded))  # fmt: skip
async def update(request: web.Request, body: SeriesIn, query: SeriesUpdateQuery) -> SeriesDetailsOut:
    """All dates, or those from `from_day` on. Where earlier dates stay as they were, the old series ends and
    a new one, with an id and a UID of its own, goes on; it is what is answered. Dates edited by themselves or
    left out stay so. If-Match with the ETag of what was read: 412 where it has changed."""
    found = await services(request).series.update(
        actor(request), _id(request), body.wanted(), from_day=query.from_day, seen=if_match(request),
        reason=body.conflict_reason,
    )  # fmt: skip
    return _details(request, found)


@api("POST", "/api/v1/series/{id}/end", summary="End a series", request=SkipReasonIn,
     response=SeriesDetailsOut, errors=(SeriesUnknown, SeriesEnded))  # fmt: skip
async def end(request: web.Request, body: SkipReasonIn) -> SeriesDetailsOut:
    """Its dates to come are cancelled."""
    found = await services(request).series.end(actor(request), _id(request), reason=body.reason)
    return _details(request, found)


@api("POST", "/api/v1/series/{id}/dates/{day}/skip", summary="Leave a date out", request=SkipReasonIn,
     response=SeriesDetailsOut,
     errors=(SeriesUnknown, OccurrenceUnknown, DateFixed, DateWithoutSession, SeriesEnded))  # fmt: skip
async def skip(request: web.Request, body: SkipReasonIn) -> SeriesDetailsOut:
    """Its session is cancelled."""
    found = await services(request).series.skip(
        actor(request), _id(request), _day(request), reason=body.reason
    )
    return _details(request, found)


@api("POST", "/api/v1/series/{id}/dates/{day}/give-back", repeatable=True, summary="Give a date back",
     request=ConflictReasonIn, response=SeriesDetailsOut,
     errors=(SeriesUnknown, OccurrenceUnknown, DateNotSkipped, DateFixed, SeriesEnded, RoomsTaken,
             ReasonNeeded))  # fmt: skip
async def give_back(request: web.Request, body: ConflictReasonIn) -> SeriesDetailsOut:
    """A date that was left out, by hand or for a day off, is held after all: a new session."""
    found = await services(request).series.give_back(
        actor(request), _id(request), _day(request), reason=body.conflict_reason
    )
    return _details(request, found)


@api("POST", "/api/v1/series/{id}/dates/{day}/put-back", summary="Put a date back into line",
     request=ConflictReasonIn, response=SeriesDetailsOut,
     errors=(SeriesUnknown, OccurrenceUnknown, DateWithoutSession, DateFixed, SeriesEnded, RoomsTaken,
             ReasonNeeded))  # fmt: skip
async def put_back(request: web.Request, body: ConflictReasonIn) -> SeriesDetailsOut:
    """A date edited by itself becomes what the series says."""
    found = await services(request).series.put_back(
        actor(request), _id(request), _day(request), reason=body.conflict_reason
    )
    return _details(request, found)
