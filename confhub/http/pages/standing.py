"""What is told of rooms that no session can invite, because their unit does not exist on its day."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from confhub.http.context import language, services
from confhub.http.language import translate
from confhub.i18n.formats import Formats
from confhub.registry.values import Standing


def words_of(request: web.Request, standing: Standing, day: date) -> str:
    """How many rooms are left out on `day` and why; empty where none is."""
    fmt = Formats(language(request), services(request).settings.timezone)
    params = {"all": fmt.number(standing.rooms), "day": fmt.date(day)}
    told = []
    if standing.ended:
        told.append(
            translate(
                request,
                "{count} of {all} rooms cannot be invited to a session on {day}: their units ended "
                "(the last on {ended}).",
                count=fmt.number(standing.ended),
                ended=fmt.date(standing.ended_on),
                **params,
            )
        )
    if standing.coming:
        told.append(
            translate(
                request,
                "{count} of {all} rooms cannot be invited to a session on {day}: their units do not "
                "exist yet.",
                count=fmt.number(standing.coming),
                **params,
            )
        )
    return " ".join(told)
