"""Who issues a unit's official papers, and who signs them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from confhub.access.rules import allows
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.wishes.units import PapersFields
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Permission
from confhub.paper.decree import date_line

routes = web.RouteTableDef()

LABELS = (
    ("agency", "Issuing agency"),
    ("parent", "Agency above it"),
    ("symbol", "Abbreviation in the number"),
    ("place", "Place before the date"),
    ("office", "Signer's title"),
    ("signer", "Signer's name"),
    ("addressee", "To (Kính gửi)"),
)


class PapersForm(PapersFields, FormModel):
    """As typed; empty: as follows from the units above."""


@routes.get(r"/units/{id:\d+}/papers")
async def form(request: web.Request) -> web.StreamResponse:
    """What the unit says, and what stands on its papers."""
    return await _show(request)


async def _show(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    hub, who, unit_id = services(request), actor(request), UnitId(path_id(request))
    unit = await hub.org.unit(who, unit_id)
    said, made = await hub.papers.of(who, unit_id)
    values: dict[str, Any] = asdict(said)
    shown = labelled(request, *((label, values[name]) for name, label in LABELS))
    sent = await read_form(request) if error else None
    if sent is not None:
        values = dict(sent.values())
    again = refusal(request, error)
    return await render(
        request,
        "units/papers.html",
        status=again.status,
        unit=unit,
        values=values,
        letterhead=made,
        date_line=date_line(made.place, None),
        errors=again.errors,
        may_edit=allows(who, Permission.UNIT_EDIT, unit.path),
        seen=seen_now(said, shown, sent, error),
    )


@routes.post(r"/units/{id:\d+}/papers")
async def change(request: web.Request) -> web.StreamResponse:
    """Say it anew."""
    unit_id = UnitId(path_id(request))
    try:
        typed = await parse_form(request, PapersForm)
        await services(request).papers.change(
            actor(request), unit_id, typed.settings(),
            seen=version_sent(await read_form(request)),
        )  # fmt: skip
    except FORM_ERRORS as error:
        return await _show(request, error)
    return see_other(f"/units/{unit_id}/papers", "saved")
