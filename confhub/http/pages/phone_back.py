"""Taking a phone back, on the page of the person for whom it counts."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.checkin.errors import PhoneUnknown
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.pages.people_report import person_page
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.kernel.ids import SessionId

routes = web.RouteTableDef()


class PhoneForm(FormModel):
    """A phone, and why it is taken back. `check_ins`: what it told counts no longer either."""

    device: str = Field(min_length=1, max_length=64)
    phone_reason: str = Field("", max_length=2_000)
    check_ins: bool = False


@routes.post(r"/sessions/{id:\d+}/people/persons/{person:\d+}/phone")
async def take_phone_back(request: web.Request) -> web.StreamResponse:
    """The phone counts for nobody from now on."""
    session_id, attendee_id = path_id(request), path_id(request, "person")
    try:
        form = await parse_form(request, PhoneForm)
        await services(request).phones.take_back(
            actor(request), SessionId(session_id), form.device, form.phone_reason, check_ins=form.check_ins
        )
    except PhoneUnknown:  # a second click, or a colleague
        return see_other(f"/sessions/{session_id}/people/persons/{attendee_id}")
    except FORM_ERRORS as error:
        values = (await read_form(request)).values()
        again = refusal(request, error)
        errors = {{"reason": "phone_reason"}.get(name, name): text for name, text in again.errors.items()}
        return await person_page(request, errors=errors, status=again.status, values=values)
    return see_other(f"/sessions/{session_id}/people/persons/{attendee_id}", "saved")
