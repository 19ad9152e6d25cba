"""A session's printed invitation: what it is to say, and the PDF."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import Field

from confhub.files.names import file_name
from confhub.http.attachment import attached
from confhub.http.context import actor, language, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.invitations.papers import Wish
from confhub.kernel.errors import DomainError

routes = web.RouteTableDef()

TYPED_MAX = 20_000
"""Characters of one field: the services' own limits are told first."""


class PaperForm(FormModel):
    """What the letter says beside what the session says itself."""

    number: str = Field("", max_length=TYPED_MAX)
    day: date | None = None
    chair: str = Field("", max_length=TYPED_MAX)
    agenda: str = Field("", max_length=TYPED_MAX)
    notes: str = Field("", max_length=TYPED_MAX)
    copies: str = Field("", max_length=TYPED_MAX)
    signer: str = Field("", max_length=TYPED_MAX)

    def wish(self) -> Wish:
        """As the service takes it."""
        return Wish(
            number=self.number, day=self.day, chair=self.chair, agenda=self.agenda, notes=self.notes,
            copies=self.copies, signer=self.signer,
        )  # fmt: skip


@routes.get(r"/sessions/{id:\d+}/invitation")
async def choose(request: web.Request) -> web.StreamResponse:
    """What is to stand on it."""
    return await _show(request)


@routes.post(r"/sessions/{id:\d+}/invitation")
async def make(request: web.Request) -> web.StreamResponse:
    """The PDF, to be printed and signed."""
    hub, who = services(request), actor(request)
    session = await hub.invitations.papers.view(who, path_id(request))
    try:
        typed = await parse_form(request, PaperForm)
        made = await hub.invitations.papers.pdf(who, session.id, typed.wish(), language(request))
    except FORM_ERRORS as error:
        return await _show(request, error)
    return attached(file_name(f"giay-moi-{session.id}", session.title, "pdf"), made, shown=True)


async def _show(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    again = refusal(request, error)
    typed = (await read_form(request)).values() if error else {}
    return await render(
        request,
        "sessions/invitation.html",
        status=again.status,
        session=await services(request).invitations.papers.view(actor(request), path_id(request)),
        typed=typed,
        errors=again.errors,
        problem=again.problem if error is not None and not again.errors else "",
    )
