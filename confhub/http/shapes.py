"""Shape checks at the door: text without control characters, ids in range, pydantic's errors in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic_core import ErrorDetails

from confhub.http.context import BIGINT_MAX
from confhub.kernel.errors import DomainError, Invalid, ValidationErrors
from confhub.org import errors

RowId = Annotated[int, Field(ge=1, le=BIGINT_MAX)]
"""An id that a row can have."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DEPTH_MAX = 20
"""Nesting of a JSON body; ours have three levels."""

_Value = TypeVar("_Value")
_Answer = TypeVar("_Answer", bound="Answer")


class ApiModel(BaseModel):
    """Base of API models: unknown members are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Answer(BaseModel):
    """Base of what the API answers: read off a service's value by its attributes' names."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    @classmethod
    def of(cls, value: object) -> Self:
        """The answer that says what `value` holds."""
        return cls.model_validate(value)


class Answers(RootModel[list[_Answer]], Generic[_Answer]):
    """Base of an answer that is a list."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def of(cls, values: Iterable[object]) -> Self:
        """The answer that says what each of `values` holds, in their order."""
        return cls.model_validate(list(values))


class UnprintableText(Invalid):
    """A text holds NUL, other control characters or half a surrogate pair."""

    code = "unprintable_text"
    message = "The text holds characters that cannot be stored."
    remedy = "Type it again instead of pasting it."


class FieldMissing(Invalid):
    """A required field was not given."""

    code = "field_missing"
    message = "This field is required."


class TextTooLong(errors.TextTooLong):
    message = "The text is too long: at most {max} characters."


class TextTooShort(Invalid):
    code = "text_too_short"
    message = "The text is too short: at least {min} characters."


class NumberTooSmall(Invalid):
    code = "number_too_small"
    message = "The number is too small: at least {min}."


class NumberTooLarge(Invalid):
    code = "number_too_large"
    message = "The number is too large: at most {max}."


class NotANumber(Invalid):
    code = "not_a_number"
    message = "A whole number is needed here."


class NotADate(Invalid):
    code = "not_a_date"
    message = "A date is needed here, for example 2026-11-22."


class NotAChoice(Invalid):
    code = "not_a_choice"
    message = "This value is not one of the choices."


class TooManyEntries(Invalid):
    code = "too_many_entries"
    message = "The list is too long: at most {max} entries."


class UnknownMember(Invalid):
    code = "unknown_member"
    message = "There is no field of this name."


class ShapeErrors(ValidationErrors):
    """Several fields of a form or body have the wrong shape."""


_BY_TYPE: dict[str, tuple[type[DomainError], dict[str, str]]] = {
    "missing": (FieldMissing, {}),
    "string_too_long": (TextTooLong, {"max": "max_length"}),
    "string_too_short": (TextTooShort, {"min": "min_length"}),
    "greater_than_equal": (NumberTooSmall, {"min": "ge"}),
    "less_than_equal": (NumberTooLarge, {"max": "le"}),
    "int_parsing": (NotANumber, {}),
    "int_parsing_size": (NotANumber, {}),
    "int_type": (NotANumber, {}),
    "int_from_float": (NotANumber, {}),
    "too_long": (TooManyEntries, {"max": "max_length"}),
    "enum": (NotAChoice, {}),
    "literal_error": (NotAChoice, {}),
    "extra_forbidden": (UnknownMember, {}),
}
"""pydantic's error type → our error, and which of its context values our sentence names."""


def clean(value: _Value) -> _Value:
    """`value` itself, after looking into every text and number in it. Raises `Invalid`."""
    _look(value, None, 0)
    return value


def _look(value: Any, field: str | None, depth: int) -> None:
    if depth > _DEPTH_MAX:
        raise Invalid(field=field)
    if isinstance(value, str):
        if _UNPRINTABLE.search(value):
            raise UnprintableText(field=field)
    elif isinstance(value, int):
        if abs(value) > BIGINT_MAX:
            raise NumberTooLarge(field=field, max=BIGINT_MAX)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _look(name, None, depth + 1)
            _look(inner, str(name)[:100], depth + 1)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _look(inner, field, depth + 1)


def shape_error(error: ValidationError) -> ValidationErrors:
    """pydantic's findings as one domain error with one error per field (at most fifty)."""
    details = error.errors(include_url=False, include_context=True, include_input=False)
    return ShapeErrors([_translate(detail) for detail in details[:50]])


def _translate(detail: ErrorDetails) -> DomainError:
    kind = detail["type"]
    field = ".".join(str(part) for part in detail["loc"])[:100] or None
    own = (detail.get("ctx") or {}).get("error")
    if isinstance(own, DomainError):
        return type(own)(field=field, **own.params)
    if kind.startswith(("date", "datetime", "time_")):
        return NotADate(field=field)
    made, names = _BY_TYPE.get(kind, (Invalid, {}))
    context = detail.get("ctx") or {}
    return made(field=field, **{ours: context.get(theirs) for ours, theirs in names.items()})
