"""People: the register, duplicates, one person's data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from aiohttp import web
from pydantic import ConfigDict, Field, RootModel

from confhub.http.api.shapes.people import LookOut, MergeOut, PersonHistoryOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.paging import Sized
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import Answers, ApiModel, RowId
from confhub.http.wishes.people import TEXT_MAX_CHARS, PeopleFilters, PersonFields
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import UnitId
from confhub.people import errors
from confhub.people.values import (
    MergePreview,
    Person,
)

api = Api("People")


class PersonIn(PersonFields, ApiModel):
    """A person's fields; all but name and unit may be left out."""

    birth_year: int | None = Field(default=None, ge=1900, le=9999, description="Where the day is not known.")


class NewPerson(PersonIn):
    """`despite_namesake`: another person than the one of this name that the unit has."""

    despite_namesake: bool = False


class PersonRecordOut(ApiModel):
    """A person. The badge's code is on the printed badge alone. `withheld`: fields that are filled, and shown
    only to those who may change the person."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: int
    code: str | None
    name: str
    unit_id: int
    unit_name: str
    position: str | None
    birth_date: dt.date | None
    birth_year: int | None
    phone: str | None
    email: str | None
    created_at: dt.datetime
    retired_at: dt.datetime | None
    erased_at: dt.datetime | None
    withheld: list[str]


class PeopleOut(ApiModel):
    """One page of people in Vietnamese order; `total` counts all pages."""

    people: list[PersonRecordOut]
    total: int
    page: int
    size: int


class PeopleQuery(PeopleFilters, Sized, ApiModel):
    """Which people, and which page of them."""


class PairsQuery(Sized, ApiModel):
    """`unit_id`: that branch."""

    unit_id: RowId | None = None


class PeoplePairOut(ApiModel):
    """Two entries that may be one person. `certain`: the dates of birth are the same."""

    first: PersonRecordOut
    second: PersonRecordOut
    certain: bool


class PairsOut(ApiModel):
    """One page of pairs; `total` counts all pages."""

    pairs: list[PeoplePairOut]
    total: int
    page: int
    size: int


class PeoplePairIn(ApiModel):
    """Two entries."""

    first_id: RowId
    second_id: RowId


class OtherIn(ApiModel):
    """The entry that is merged into the person of the path."""

    other_id: RowId


class OtherQuery(ApiModel):
    """The entry that would be merged into the person of the path."""

    other_id: RowId


class FieldOut(ApiModel):
    """A field after the merge; `filled`: taken from the other entry."""

    name: str
    value: str | None
    other: str | None
    filled: bool


class MergePreviewOut(ApiModel):
    """What a merge would leave."""

    kept: PersonRecordOut
    dropped: PersonRecordOut
    fields: list[FieldOut]


class MergesOut(Answers[MergeOut]):
    """What was merged into a person, newest first."""


class LooksOut(Answers[LookOut]):
    """Who was shown a person, alone or on a list of `people`, newest first."""


class ExportOut(RootModel[dict[str, Any]]):
    """Everything held of a person, by subject."""


class EraseIn(ApiModel):
    """`typed_name`: the person's name once more, against slips; `reason` stays in the audit trail."""

    typed_name: str = Field(max_length=TEXT_MAX_CHARS)
    reason: str = Field(max_length=TEXT_MAX_CHARS)


def person_out(person: Person) -> PersonRecordOut:
    return PersonRecordOut.model_validate(person)


FIELD_ERRORS = (errors.HiddenCharacters, errors.EmailInvalid, errors.BirthDateInvalid, errors.PersonCodeTaken)


@api("GET", "/api/v1/people", summary="List people", query=PeopleQuery, response=PeopleOut)
async def listing(request: web.Request, query: PeopleQuery) -> PeopleOut:
    """The people of the asker's branches. That they were shown is written down."""
    found = await services(request).people.people(
        actor(request),
        search=query.search,
        unit_id=UnitId(query.unit_id) if query.unit_id else None,
        state=query.state,
        page=query.page,
        size=query.size,
    )
    return PeopleOut(
        people=[person_out(one) for one in found.rows], total=found.total, page=found.page, size=found.size
    )


@api(
    "POST",
    "/api/v1/people",
    summary="Add a person",
    request=NewPerson,
    response=PersonRecordOut,
    status=201,
    errors=(*FIELD_ERRORS, errors.PersonDuplicate),
)
async def create(request: web.Request, body: NewPerson) -> PersonRecordOut:
    """A namesake in the unit whose date of birth does not tell them apart is asked about."""
    made = await services(request).people.add(
        actor(request), body.draft(), despite_namesake=body.despite_namesake
    )
    return person_out(made)


@api(
    "GET",
    "/api/v1/people/duplicates",
    summary="List possible duplicates",
    query=PairsQuery,
    response=PairsOut,
)
async def duplicates(request: web.Request, query: PairsQuery) -> PairsOut:
    """Pairs of one unit and name that nobody called two people."""
    found = await services(request).merges.suggestions(
        actor(request),
        unit_id=UnitId(query.unit_id) if query.unit_id else None,
        page=query.page,
        size=query.size,
    )
    pairs = [
        PeoplePairOut(first=person_out(pair.first), second=person_out(pair.second), certain=pair.certain)
        for pair in found.rows
    ]
    return PairsOut(pairs=pairs, total=found.total, page=found.page, size=found.size)


@api(
    "POST",
    "/api/v1/people/distinct",
    summary="Say that two entries are two people",
    request=PeoplePairIn,
    status=204,
    errors=(errors.PersonNotFound, errors.MergeSelf),
)
async def distinct(request: web.Request, body: PeoplePairIn) -> None:
    """The pair is not suggested again."""
    await services(request).merges.are_two(actor(request), body.first_id, body.second_id)


@api(
    "GET",
    "/api/v1/people/{id}",
    summary="One person",
    response=PersonRecordOut,
    errors=(errors.PersonNotFound,),
)
async def detail(request: web.Request) -> PersonRecordOut:
    """That the record was read is written down."""
    found = await services(request).people.person(actor(request), path_id(request))
    tell_version(request, found.draft)
    return person_out(found)


@api(
    "PUT",
    "/api/v1/people/{id}",
    summary="Change a person",
    request=PersonIn,
    response=PersonRecordOut,
    errors=(*FIELD_ERRORS, errors.PersonNotFound, errors.PersonErased, errors.PersonMerged),
)
async def update(request: web.Request, body: PersonIn) -> PersonRecordOut:
    """All fields are set; what is left out is emptied. If-Match with the ETag of what was read: 412 where it
    has changed."""
    changed = await services(request).people.update(
        actor(request), path_id(request), body.draft(), seen=if_match(request)
    )
    tell_version(request, changed.draft)
    return person_out(changed)


@api(
    "POST",
    "/api/v1/people/{id}/retire",
    summary="Take a person off the lists to come",
    response=PersonRecordOut,
    errors=(errors.PersonNotFound, errors.PersonErased, errors.PersonMerged),
)
async def retire(request: web.Request) -> PersonRecordOut:
    """What was attended stays."""
    return person_out(await services(request).people.retire(actor(request), path_id(request)))


@api(
    "POST",
    "/api/v1/people/{id}/restore",
    summary="Bring a retired person back",
    response=PersonRecordOut,
    errors=(errors.PersonNotFound, errors.PersonErased, errors.PersonMerged),
)
async def restore(request: web.Request) -> PersonRecordOut:
    """They are expected again where their lists say so."""
    return person_out(await services(request).people.restore(actor(request), path_id(request)))


@api(
    "GET",
    "/api/v1/people/{id}/history",
    summary="A person's sessions and certificates",
    response=PersonHistoryOut,
    errors=(errors.PersonNotFound, Forbidden),
)
async def history(request: web.Request) -> PersonHistoryOut:
    """The newest of each."""
    found = await services(request).histories.of(actor(request), path_id(request))
    if found is None:
        raise Forbidden()
    return PersonHistoryOut.of(found)


@api(
    "GET",
    "/api/v1/people/{id}/looks",
    summary="Who was shown a person",
    response=LooksOut,
    errors=(errors.PersonNotFound,),
)
async def looks(request: web.Request) -> LooksOut:
    """The newest 200; all of them stand in the export."""
    return LooksOut.of(await services(request).privacy.looks(actor(request), path_id(request)))


@api(
    "GET",
    "/api/v1/people/{id}/merge",
    summary="Preview a merge",
    query=OtherQuery,
    response=MergePreviewOut,
    errors=(errors.PersonNotFound, errors.MergeSelf, errors.PersonErased, errors.PersonMerged),
)
async def merge_preview(request: web.Request, query: OtherQuery) -> MergePreviewOut:
    """Nothing is changed."""
    found = await services(request).merges.preview(actor(request), path_id(request), query.other_id)
    return _preview(found)


def _preview(found: MergePreview) -> MergePreviewOut:
    def text(value: object) -> str | None:
        return None if value is None else str(value)

    fields = [
        FieldOut(name=one.name, value=text(one.value), other=text(one.other), filled=one.filled)
        for one in found.fields
    ]
    return MergePreviewOut(kept=person_out(found.kept), dropped=person_out(found.dropped), fields=fields)


@api(
    "POST",
    "/api/v1/people/{id}/merge",
    summary="Merge another entry into a person",
    request=OtherIn,
    response=PersonRecordOut,
    errors=(errors.PersonNotFound, errors.MergeSelf, errors.PersonErased, errors.PersonMerged),
)
async def merge(request: web.Request, body: OtherIn) -> PersonRecordOut:
    """The other entry stands for this person from now on; it can be undone."""
    return person_out(await services(request).merges.merge(actor(request), path_id(request), body.other_id))


@api(
    "GET",
    "/api/v1/people/{id}/merges",
    summary="What was merged into a person",
    response=MergesOut,
    errors=(errors.PersonNotFound,),
)
async def merges(request: web.Request) -> MergesOut:
    """Undone ones too."""
    return MergesOut.of(await services(request).merges.merges(actor(request), path_id(request)))


@api(
    "POST",
    "/api/v1/people/merges/{id}/undo",
    summary="Undo a merge",
    response=PersonRecordOut,
    errors=(errors.MergeNotFound, errors.MergeUndone, errors.MergeTooLate),
)
async def undo(request: web.Request) -> PersonRecordOut:
    """Both entries stand alone again; the answer is the one that was kept."""
    return person_out(await services(request).merges.undo(actor(request), path_id(request)))


@api(
    "GET",
    "/api/v1/people/{id}/export",
    summary="Export a person's data",
    response=ExportOut,
    errors=(errors.PersonNotFound, Forbidden),
)
async def export(request: web.Request) -> ExportOut:
    """Everything held, to be handed to them; that it was exported is written down."""
    return ExportOut(await services(request).privacy.export(actor(request), path_id(request)))


@api(
    "POST",
    "/api/v1/people/{id}/erase",
    summary="Erase a person",
    request=EraseIn,
    response=PersonRecordOut,
    errors=(errors.PersonNotFound, errors.PersonErased, errors.PersonMerged, errors.ErasureUnconfirmed),
)
async def erase(request: web.Request, body: EraseIn) -> PersonRecordOut:
    """The person goes, the figures stay. It cannot be undone."""
    erased = await services(request).privacy.erase(
        actor(request), path_id(request), body.reason, typed_name=body.typed_name
    )
    return person_out(erased)
