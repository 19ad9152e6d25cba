"""The API's document is the committed one: whoever renames a field or a shape sees it."""

from __future__ import annotations

import difflib
import json
from dataclasses import is_dataclass
from typing import Any, get_args

from confhub.http.openapi import document
from confhub.http.operations import APIS
from scripts.openapi import SNAPSHOT, text


def test_the_document_is_the_committed_one() -> None:
    kept, made = SNAPSHOT.read_text("utf-8").splitlines(), text().splitlines()
    changes = "\n".join(difflib.unified_diff(kept, made, "docs/openapi.json", "the code", lineterm="", n=1))
    assert not changes, f"`make openapi` renews it; say in CHANGELOG what clients see of it\n{changes[:4000]}"


def test_what_is_written_is_the_document_itself() -> None:
    assert json.loads(text()) == document(APIS)


def test_every_reference_of_the_document_leads_somewhere_and_every_part_is_needed() -> None:
    made = document(APIS)
    used = set(_references(made))
    parts = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in made["components"][kind]
    }
    assert used == parts


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in _references(inner)]
    return [ref for inner in value for ref in _references(inner)] if isinstance(value, list) else []


def test_shapes_are_declared_and_no_services_own_value_is_one() -> None:
    inside = {kind.__module__ for kind in _shapes() if is_dataclass(kind)}
    assert inside == set(), "declare it in confhub/http/api/shapes"


def test_every_shape_has_a_name_of_its_own() -> None:
    assert [name for name in document(APIS)["components"]["schemas"] if "__" in name] == []


def _shapes() -> set[type]:
    """Every class that a request or an answer is made of."""
    operations = [one for api in APIS for one in api.operations]
    waiting: list[Any] = [kind for one in operations for kind in (one.request, one.query, one.response)]
    found: set[type] = set()
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and kind not in found:
            found.add(kind)
            waiting += [field.annotation for field in getattr(kind, "model_fields", {}).values()]
    return found
