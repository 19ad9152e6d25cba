"""Courses: their fields, their sessions, participants, certificates."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.http.paging import Searched
from confhub.http.shapes import RowId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.training.limits import PAGE_PEOPLE
from confhub.training.values import CompletionRule, CourseInput, CourseStatus, PersonState, ProgressFilter

TEXT_MAX_CHARS = 20_000
"""A shape's cap only; the services know the real bounds and name them."""
NUMBER_MAX = 1_000_000
"""As above."""
REASON_MAX_CHARS = 2_000
"""As above."""


class CourseFilters(Searched):
    """Which courses; `search` is compared without diacritics in the title."""

    status: CourseStatus | None = None
    unit_id: RowId | None = None


class CourseFields(BaseModel):
    """What a course is called, whose it is, and what stands on its certificates."""

    title: str = Field(max_length=TEXT_MAX_CHARS)
    unit_id: RowId
    description: str = Field(default="", max_length=TEXT_MAX_CHARS)
    issue_place: str = Field(default="", max_length=TEXT_MAX_CHARS)
    signer_name: str = Field(default="", max_length=TEXT_MAX_CHARS)
    signer_position: str = Field(default="", max_length=TEXT_MAX_CHARS)

    def input(self, rule: CompletionRule, number_pattern: str) -> CourseInput:
        """As the service takes it."""
        return CourseInput(
            title=self.title,
            unit_id=self.unit_id,
            description=self.description,
            rule=rule,
            number_pattern=number_pattern,
            issue_place=self.issue_place,
            signer_name=self.signer_name,
            signer_position=self.signer_position,
        )


class ProgressFilters(Searched):
    """Which people; `search` is compared without diacritics in name, code and position."""

    state: PersonState | None = None
    unit_id: RowId | None = None
    certified: bool | None = None

    def filter(self, page: int = 1, size: int | None = PAGE_PEOPLE) -> ProgressFilter:
        """As the service takes it; with `size` None all of them."""
        return ProgressFilter(self.unit_id, self.state, self.certified, self.search, page, size)


class MakeUpFields(BaseModel):
    """Which session it stands for; null: none."""

    makes_up_for: RowId | None = None


class LessonFields(MakeUpFields):
    """A training session to take in. `makes_up_for`: it counts instead of that one."""

    session_id: RowId


class CertificateFilters(Searched):
    """Which certificates; `search` is compared in number, name and code."""

    revoked: bool | None = None


class ReasonFields(BaseModel):
    """Why."""

    reason: str = Field(default="", max_length=REASON_MAX_CHARS)


class RevokeLostFields(ReasonFields):
    """`expected`: how many have lost their completion, as shown; another number is refused."""

    expected: int = Field(ge=0, le=10_000_000)


class VerifyFields(BaseModel):
    """A certificate's code; of a paper without one, its number and the name on it together."""

    code: str = Field(default="", max_length=100)
    number: str = Field(default="", max_length=100)
    name: str = Field(default="", max_length=NAME_MAX_CHARS)
