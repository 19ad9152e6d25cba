"""What the API answers on certificates and the learning record store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from confhub.http.shapes import Answer
from confhub.training.values import LostWhy


class IssuePreviewOut(Answer):
    """What a batch would issue. `waiting`: people who have completed and wait for the closing of attendance
    that counts for them; `unsealed`: of these sessions."""

    due: int
    first_number: str
    last_number: str
    unsealed: list[str]
    signer_missing: bool
    waiting: int


class CertificateOut(Answer):
    """A certificate as issued. `printed`: the facts on the paper, see `training.certificates`."""

    id: int
    course_id: int
    attendee_id: int
    number: str
    token: str
    printed: dict[str, Any]
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None


class CertificatePageOut(Answer):
    """Some of a course's certificates, the newest first."""

    certificates: list[CertificateOut]
    total: int


class LostCertificateOut(Answer):
    """A valid certificate that rests on nothing any more. `titles`: of the sessions that are open again."""

    certificate_id: int
    attendee_id: int
    number: str
    name: str
    why: LostWhy
    titles: list[str]


class PrintOut(Answer):
    """How far it is."""

    id: str
    course_id: int
    state: str
    done: int
    total: int


class CertificateVerifiedOut(Answer):
    """What the public page tells of a certificate, and nothing else. `state`: valid | revoked | unknown."""

    state: str
    number: str
    name: str
    course: str
    agency: str
    issued_at: datetime | None
    revoked_at: datetime | None


class TroubleOut(Answer):
    """A statement that was not taken yet, or never will be."""

    id: str
    verb: str
    subject: str
    attempts: int
    error: str
    refused: bool
    next_at: datetime


class LearningOut(Answer):
    """What the store was told. `url` None: there is none."""

    url: str | None
    sent: int
    waiting: int
    refused: int
    last_sent_at: datetime | None
    troubles: list[TroubleOut]
    """Those of the asker's branches."""
