"""A stored course in its form: the values of the fields, and what they say."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from confhub.http.language import translate
from confhub.http.seen import labelled
from confhub.training.values import CourseDetails, CourseView

FIELDS = (
    "title",
    "unit_id",
    "description",
    "number_pattern",
    "issue_place",
    "signer_name",
    "signer_position",
)
"""Fields of the form that stand in the course as they are."""


def shown(request: web.Request, course: CourseView) -> list[tuple[str, str]]:
    """(label, value) of every field."""
    rule = course.rule
    measures = {
        "percent": translate(request, "Percent of the time"),
        "minutes": translate(request, "Minutes"),
    }
    scopes = {
        "each": translate(request, "Each session by itself"),
        "all": translate(request, "All sessions taken together"),
    }
    return labelled(
        request,
        ("Title", course.title),
        ("Organizing unit", course.unit_name),
        ("Description", course.description),
        ("The rule applies to", scopes[rule.scope.value]),
        ("Measured in", measures[rule.measure.value]),
        ("At least", rule.threshold),
        ("Grace, minutes a session", rule.grace_min),
        ("Signer's position", course.signer_position),
        ("Signer's name", course.signer_name),
        ("Place", course.issue_place),
        ("Number pattern", course.number_pattern),
    )


def stored(details: CourseDetails) -> dict[str, Any]:
    """The form's values of a course that is there."""
    course = details.course
    rule = course.rule
    values = {name: getattr(course, name) for name in FIELDS}
    return values | {
        "measure": rule.measure.value,
        "scope": rule.scope.value,
        "threshold": rule.threshold,
        "grace_min": rule.grace_min,
    }
