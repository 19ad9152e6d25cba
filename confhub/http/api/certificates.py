"""Certificates, and what the learning record store was told."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.addresses import hub_address
from confhub.http.api.shapes.certificates import (
    CertificateOut,
    CertificatePageOut,
    CertificateVerifiedOut,
    IssuePreviewOut,
    LearningOut,
    LostCertificateOut,
    PrintOut,
)
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, peer, services
from confhub.http.paging import Sized
from confhub.http.shapes import Answers, ApiModel
from confhub.http.wishes.courses import CertificateFilters, ReasonFields, RevokeLostFields, VerifyFields
from confhub.training import errors
from confhub.training.errors import NothingToPrint, PrintsTooMany, PrintUnknown

api = Api("Courses")


class IssueIn(ApiModel):
    """`expected`: the number that the preview told; another one is refused."""

    expected: int | None = Field(default=None, ge=0, le=10_000_000)


class IssuedOut(ApiModel):
    """How many certificates were issued."""

    issued: int


class ReasonIn(ReasonFields, ApiModel):
    """Why."""


class CertificatesQuery(CertificateFilters, Sized, ApiModel):
    """Which certificates, and which page of them."""


class VerifyQuery(VerifyFields, ApiModel):
    """A certificate's code; of a paper without one, its number and the name on it together."""


class RevokeLostIn(RevokeLostFields, ApiModel):
    """`expected`: how many have lost their completion, as shown; another number is refused."""


class RevokedOut(ApiModel):
    """How many certificates were revoked."""

    revoked: int


class LostOut(Answers[LostCertificateOut]):
    """Valid certificates that rest on nothing any more, or on attendance that is open again."""


class RetriedOut(ApiModel):
    """How many statements are tried again."""

    retried: int


@api(
    "GET",
    "/api/v1/courses/{id}/certificates/preview",
    summary="What would be issued",
    response=IssuePreviewOut,
    errors=(errors.CourseUnknown,),
)
async def preview(request: web.Request) -> IssuePreviewOut:
    """How many certificates are due, their numbers, and what speaks against it."""
    return IssuePreviewOut.of(await services(request).certificates.preview(actor(request), path_id(request)))


@api(
    "POST",
    "/api/v1/courses/{id}/certificates",
    summary="Issue certificates",
    request=IssueIn,
    response=IssuedOut,
    status=201,
    errors=(errors.CountChanged, errors.NumberTooLong),
)
async def issue(request: web.Request, body: IssueIn) -> IssuedOut:
    """To everybody who has completed the course and never had one."""
    count = await services(request).certificates.issue(
        actor(request), path_id(request), expected=body.expected
    )
    return IssuedOut(issued=count)


@api(
    "GET",
    "/api/v1/courses/{id}/certificates",
    summary="A course's certificates",
    query=CertificatesQuery,
    response=CertificatePageOut,
    errors=(errors.CourseUnknown,),
)
async def certificates(request: web.Request, query: CertificatesQuery) -> CertificatePageOut:
    """The newest first."""
    return CertificatePageOut.of(
        await services(request).certificates.list(
            actor(request),
            path_id(request),
            text=query.search,
            revoked=query.revoked,
            page=query.page,
            size=query.size,
        )
    )


@api(
    "POST",
    "/api/v1/certificates/{id}/revoke",
    summary="Revoke a certificate",
    request=ReasonIn,
    response=CertificateOut,
    errors=(errors.CertificateUnknown, errors.CertificateRevoked, errors.ReasonMissing),
)
async def revoke(request: web.Request, body: ReasonIn) -> CertificateOut:
    """Its verification page says so from now on."""
    return CertificateOut.of(
        await services(request).certificates.revoke(actor(request), path_id(request), body.reason)
    )


@api(
    "POST",
    "/api/v1/certificates/{id}/reissue",
    summary="Issue a certificate again",
    request=ReasonIn,
    response=CertificateOut,
    status=201,
    errors=(errors.CertificateUnknown, errors.NotCompleted, errors.BasisOpen, errors.ReasonMissing),
)
async def reissue(request: web.Request, body: ReasonIn) -> CertificateOut:
    """A new number and the facts of today; the old one is revoked."""
    return CertificateOut.of(
        await services(request).certificates.reissue(actor(request), path_id(request), body.reason)
    )


@api(
    "GET",
    "/api/v1/courses/{id}/certificates/lost",
    summary="Certificates that have lost their basis",
    response=LostOut,
    errors=(errors.CourseUnknown,),
)
async def lost(request: web.Request) -> LostOut:
    """By a correction, a reopening or a merge since they were issued."""
    return LostOut.of(await services(request).certificates.lost(actor(request), path_id(request)))


@api(
    "POST",
    "/api/v1/courses/{id}/certificates/lost/revoke",
    summary="Revoke all that have lost their basis",
    request=RevokeLostIn,
    response=RevokedOut,
    errors=(errors.CourseUnknown, errors.CountChanged, errors.ReasonMissing),
)
async def revoke_lost(request: web.Request, body: RevokeLostIn) -> RevokedOut:
    """All whose people have not completed any more; those of attendance that is open again stay."""
    return RevokedOut(
        revoked=await services(request).certificates.revoke_lost(
            actor(request), path_id(request), body.reason, expected=body.expected
        )
    )


@api(
    "POST",
    "/api/v1/courses/{id}/certificates/prints",
    summary="Make one PDF of all certificates",
    response=PrintOut,
    status=202,
    errors=(NothingToPrint, PrintsTooMany),
)
async def start_print(request: web.Request) -> PrintOut:
    """Drawn in a process of its own; ask for its state until it is done, and fetch
    `/courses/{id}/certificates/{print}.pdf` within the hour."""
    return PrintOut.of(
        await services(request).certificate_prints.start(
            actor(request), path_id(request), hub_address(request)
        )
    )


@api(
    "GET",
    "/api/v1/courses/{id}/certificates/prints/{print}",
    summary="How far the PDF is",
    response=PrintOut,
    errors=(PrintUnknown,),
)
async def print_state(request: web.Request) -> PrintOut:
    """waiting, drawing, done or failed, and how many certificates are drawn."""
    return PrintOut.of(
        services(request).certificate_prints.state(actor(request), request.match_info["print"])
    )


@api(
    "GET",
    "/api/v1/verify",
    summary="Verify a certificate by its code",
    query=VerifyQuery,
    response=CertificateVerifiedOut,
    errors=(errors.LookupsTooMany, errors.VerifyIncomplete),
    security="none",
)
async def verify_typed(request: web.Request, query: VerifyQuery) -> CertificateVerifiedOut:
    """valid, revoked or unknown; open to everybody, and bounded by address. A number alone tells nothing."""
    typed = query.model_dump()
    return CertificateVerifiedOut.of(await services(request).verifier.typed(peer(request).address, **typed))


@api(
    "GET",
    "/api/v1/learning",
    summary="What the learning record store was told",
    response=LearningOut,
)
async def learning(request: web.Request) -> LearningOut:
    """Counts, and the statements that it did not take."""
    return LearningOut.of(await services(request).learning.state(actor(request)))


@api(
    "POST",
    "/api/v1/learning/retry",
    summary="Try untaken statements again",
    response=RetriedOut,
)
async def retry(request: web.Request) -> RetriedOut:
    """At once, those refused for good too."""
    return RetriedOut(retried=await services(request).learning.retry(actor(request)))
