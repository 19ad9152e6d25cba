"""Certificates: a course's, their files, and the public page that verifies one."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.addresses import hub_address
from confhub.http.attachment import attached, attached_file
from confhub.http.context import actor, path_id, peer, services
from confhub.http.forms import FormModel, parse_filters, parse_form, parse_query
from confhub.http.paging import Paged
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.wishes.courses import CertificateFilters, ReasonFields, RevokeLostFields, VerifyFields
from confhub.kernel.errors import DomainError, TooMany
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import page_count
from confhub.training.errors import PrintUnknown
from confhub.training.prints import PrintView
from confhub.training.values import IssuePreview, LostBasis, LostWhy, Verified

routes = web.RouteTableDef()

NOINDEX = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
"""What verification pages say to search engines: a name is nobody's to find."""


class CertificatesQuery(CertificateFilters, Paged, FormModel):
    """Filters of a course's certificates; `print`: the file that is being made."""

    print: str = Field("", max_length=60)


class IssueForm(FormModel):
    """How many the officer was shown."""

    expected: int = Field(ge=0, le=10_000_000)


class ReasonForm(ReasonFields, FormModel):
    """Why, as typed."""


class VerifyQuery(VerifyFields, FormModel):
    """A certificate's code as typed; of a paper without one, its number and the name on it."""


class RevokeLostForm(RevokeLostFields, FormModel):
    """How many the officer was shown, and why."""


async def show(
    request: web.Request,
    course_id: int,
    *,
    errors: dict[str, str] | None = None,
    at: int | None = None,
    status: int = 200,
) -> web.StreamResponse:
    """A course's certificates; `errors` of an order, `at` the certificate it was about."""
    hub, who = services(request), actor(request)
    wanted = (
        parse_filters(request, CertificatesQuery)
        if request.method == "GET"
        else CertificatesQuery.model_validate({})
    )
    details = await hub.courses.get(who, course_id)
    found = await hub.certificates.list(
        who, course_id, text=wanted.search, revoked=wanted.revoked, page=wanted.page
    )
    preview: IssuePreview | None = None
    problem = ""
    lost: tuple[LostBasis, ...] = ()
    if details.course.may_issue:
        lost = await hub.certificates.lost(who, course_id)
        try:
            preview = await hub.certificates.preview(who, course_id)
        except FORM_ERRORS as error:  # a number that no longer fits is said, not hidden
            again = refusal(request, error)
            problem = again.problem
    making: PrintView | None = None
    if wanted.print:
        try:
            making = hub.certificate_prints.state(who, wanted.print)
        except PrintUnknown:
            making = None
    return await render(
        request,
        "certificates/list.html",
        status=status,
        course=details.course,
        certificates=found.certificates,
        total=found.total,
        pages=page_count(found.total, PAGE_SIZE),
        wanted=wanted,
        filtered=bool(wanted.search or wanted.revoked is not None),
        preview=preview,
        lost=lost,
        gone=sum(one.why is LostWhy.NOT_COMPLETED for one in lost),
        problem=problem,
        making=making,
        errors=errors or {},
        at=at,
    )


@routes.get(r"/courses/{id:\d+}/certificates")
async def listing(request: web.Request) -> web.StreamResponse:
    """A course's certificates, and what is due."""
    return await show(request, path_id(request))


@routes.post(r"/courses/{id:\d+}/certificates")
async def issue(request: web.Request) -> web.StreamResponse:
    """Issue to everybody who has completed and has none."""
    who, course_id = actor(request), path_id(request)
    try:
        expected = (await parse_form(request, IssueForm)).expected
        await services(request).certificates.issue(who, course_id, expected=expected)
    except FORM_ERRORS as error:
        return await _refused(request, course_id, error)
    return see_other(f"/courses/{course_id}/certificates", "issued")


async def _refused(
    request: web.Request, course_id: int, error: DomainError, at: int | None = None
) -> web.StreamResponse:
    again = refusal(request, error)
    return await show(request, course_id, errors=again.errors, at=at, status=again.status)


@routes.post(r"/courses/{id:\d+}/certificates/revoke-lost")
async def revoke_lost(request: web.Request) -> web.StreamResponse:
    """Take back all that have lost their basis."""
    course_id = path_id(request)
    try:
        form = await parse_form(request, RevokeLostForm)
        await services(request).certificates.revoke_lost(
            actor(request), course_id, form.reason, expected=form.expected
        )
    except FORM_ERRORS as error:
        return await _refused(request, course_id, error)
    return see_other(f"/courses/{course_id}/certificates", "certificate_revoked")


@routes.post(r"/certificates/{id:\d+}/{step:revoke|reissue}")
async def step(request: web.Request) -> web.StreamResponse:
    """Take one back, or issue it anew."""
    who, certificate_id = actor(request), path_id(request)
    found = services(request).certificates
    course_id = (await found.get(who, certificate_id)).course_id
    revoking = request.match_info["step"] == "revoke"
    try:
        reason = (await parse_form(request, ReasonForm)).reason
        if revoking:
            await found.revoke(who, certificate_id, reason)
        else:
            await found.reissue(who, certificate_id, reason)
    except FORM_ERRORS as error:
        return await _refused(request, course_id, error, certificate_id)
    note = "certificate_revoked" if revoking else "issued"
    return see_other(f"/courses/{course_id}/certificates", note)


@routes.get(r"/certificates/{id:\d+}.pdf")
async def pdf(request: web.Request) -> web.StreamResponse:
    """One certificate, to be printed."""
    name, content = await services(request).certificate_prints.one(
        actor(request), path_id(request), hub_address(request)
    )
    return attached(name, content, shown=True)


@routes.post(r"/courses/{id:\d+}/certificates/print")
async def start_print(request: web.Request) -> web.StreamResponse:
    """Begin one file of all valid certificates."""
    who, course_id = actor(request), path_id(request)
    try:
        made = await services(request).certificate_prints.start(who, course_id, hub_address(request))
    except FORM_ERRORS as error:
        return await _refused(request, course_id, error)
    return see_other(f"/courses/{course_id}/certificates?print={made.id}")


@routes.get(r"/courses/{id:\d+}/certificates/{print:[\w-]{10,40}}.pdf")
async def printed(request: web.Request) -> web.StreamResponse:
    """The made file."""
    path = services(request).certificate_prints.path(actor(request), request.match_info["print"])
    name = f"giay-chung-nhan-{path_id(request)}.pdf"
    return attached_file(name, path)


@routes.get("/verify")
async def verify_typed(request: web.Request) -> web.StreamResponse:
    """Type a certificate's code. Open to everybody; how often is bounded by address."""
    error = ""
    status = 200
    found: Verified | None = None
    wanted = VerifyQuery.model_validate({})
    try:
        wanted = parse_query(request, VerifyQuery)
        if wanted.code or wanted.number or wanted.name:
            found = await services(request).verifier.typed(peer(request).address, **wanted.model_dump())
    except FORM_ERRORS as refused:
        again = refusal(request, refused)
        error, status = again.problem, again.status
        if isinstance(refused, TooMany):
            return await _verification(request, None, wanted, error, status, refused)
    return await _verification(request, found, wanted, error, status)


@routes.get(r"/verify/{token:[\w-]{10,60}}")
async def verify(request: web.Request) -> web.StreamResponse:
    """What the QR code opens."""
    found = await services(request).verifier.scanned(request.match_info["token"])
    nothing = VerifyQuery.model_validate({})
    return await _verification(request, found, nothing, "", 200 if found.number else 404)


async def _verification(
    request: web.Request,
    found: Verified | None,
    wanted: VerifyQuery,
    error: str,
    status: int,
    refused: DomainError | None = None,
) -> web.StreamResponse:
    answer = await render(
        request, "certificates/verify.html", status=status, found=found, wanted=wanted, error=error
    )
    answer.headers.update(NOINDEX)
    if refused is not None:
        answer.headers["Retry-After"] = str(refused.params.get("retry_after_s", 60))
    return answer
