"""Each form over a stored thing carries the version that it shows, and each PUT of the API takes If-Match."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from confhub.http.operations import APIS

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
ADDING = {
    "report/people_person.html", "rosters/absences.html", "report/people.html", "desk/devices.html",
    "units/move.html",
}  # fmt: skip
"""Corrections, notices, files, what is taken back, moves: their forms add an entry below something, and
replace nothing."""
ORDERS = re.compile(
    r"/(chair|screen|stage/\{identity\}|deck/\{identity\}|profile|password|order|sessions/\{session\})$"
)
"""PUTs that are an order of the moment, whoever else gives one."""


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_form_that_shows_stored_values_carries_their_version(path: Path) -> None:
    """A form fills its fields from `values.` for two reasons: what is stored, or what was typed; an edit form
    is one whose action names what it edits."""
    text = path.read_text("utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.S):
        action = re.search(r'action="(.*?)"[\s>]', form)
        edits = action is not None and re.search(r"\.id\b|here|away", action[1])
        if edits and re.search(r"\bvalues[.\[]\w*(?!\.get\(\"(?:start|end)\")", form):
            adds = str(path.relative_to(TEMPLATES)) in ADDING
            assert adds or "ui.seen_fields(seen)" in form, f"{path}: {action[1] if action else ''}"


def test_the_forms_over_stored_things_are_these() -> None:
    having = {
        str(p.relative_to(TEMPLATES))
        for p in TEMPLATES.rglob("*.html")
        if "ui.seen_fields(seen)" in p.read_text()
    }
    assert having == {
        "accounts/edit.html", "agenda/document.html", "agenda/item.html",
        "calendar_link.html", "checkin/plan.html", "courses/edit.html",
        "endpoints/bookings.html", "endpoints/edit.html", "people/edit.html", "privacy/privacy.html",
        "sessions/edit.html", "units/bookings.html", "units/edit.html", "units/papers.html",
        "webhooks/edit.html", "weekly/entry.html", "weekly/note.html",
    }  # fmt: skip


def test_each_put_takes_if_match() -> None:
    for api in APIS:
        for operation in api.operations:
            if operation.method == "PUT" and not ORDERS.search(operation.path):
                assert "If-Match" in operation.description, f"{operation.name}: PUT {operation.path}"
