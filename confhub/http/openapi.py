"""The OpenAPI 3.1 document of the JSON API, made from the declared operations."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from threading import Lock
from typing import Any

from aiohttp import web
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import confhub
from confhub.http.api_decorator import Api, Operation
from confhub.http.errors import status_of
from confhub.kernel.errors import DomainError, Invalid, NotFound, Unauthenticated

_PARAMETER = re.compile(r"{(\w+)(?::[^{}]+)?}")
_REF = "#/components/schemas/{model}"
_Refs = Mapping[Any, dict[str, Any]]
"""Shape and direction → where it stands in the document."""

_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"$ref": "#/components/schemas/ErrorDetail"},
        "errors": {
            "type": "array",
            "description": "Every field at fault, where there are several.",
            "items": {"$ref": "#/components/schemas/ErrorDetail"},
        },
    },
}
_ERROR_DETAIL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "Stable; programs compare this."},
        "message": {"type": "string", "description": "In the reader's language."},
        "field": {"type": ["string", "null"]},
        "remedy": {"type": ["string", "null"]},
    },
}

_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "login": [{"login": []}],
    "endpoint": [{"endpoint": []}],
    "tablet": [{"tablet": []}, {"tablet_cookie": []}, {"login": []}],
    "none": [],
}


def document(apis: Iterable[Api]) -> dict[str, Any]:
    """The whole document."""
    operations = [operation for api in apis for operation in api.operations]
    wanted: set[tuple[Any, JsonSchemaMode]] = set()
    for operation in operations:
        if operation.request is not None:
            wanted.add((operation.request, "validation"))
        if operation.response is not None:
            wanted.add((operation.response, "serialization"))
    refs, found = models_json_schema(sorted(wanted, key=_name), ref_template=_REF)
    schemas = dict(found.get("$defs", {}))
    for operation in operations:
        schemas.update(_query_schema(operation).get("$defs", {}))
    refusals = Refusals()
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, refs, refusals)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "confhub",
            "version": confhub.__version__,
            "description": "Times are ISO 8601 in UTC. Unsafe calls with the login cookie carry the token of "
            "`GET /api/v1/me` in `X-CSRF-Token`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": {
                **dict(sorted(schemas.items())),
                "Error": _ERROR_SCHEMA,
                "ErrorDetail": _ERROR_DETAIL_SCHEMA,
            },
            "responses": dict(sorted(refusals.items())),
            "securitySchemes": {
                "login": {"type": "apiKey", "in": "cookie", "name": "confhub_login"},
                "endpoint": {"type": "http", "scheme": "bearer", "description": "A room's credential."},
                "tablet": {"type": "http", "scheme": "bearer", "description": "A tablet's token."},
                "tablet_cookie": {"type": "apiKey", "in": "cookie", "name": "confhub_tablet"},
            },
        },
    }


def _name(wanted: tuple[Any, JsonSchemaMode]) -> tuple[str, str, str]:
    model, mode = wanted
    return model.__module__, model.__qualname__, mode


class Refusals(dict[str, dict[str, Any]]):
    """The error answers that operations share, by the error's code."""

    def ref(self, error: type[DomainError]) -> dict[str, Any]:
        """Where the answer of `error` stands; another sentence under the same code has its own."""
        answer = _error_answer(error)
        name = error.code if self.setdefault(error.code, answer) == answer else error.__name__
        self.setdefault(name, answer)
        return {"$ref": f"#/components/responses/{name}"}


def _operation(operation: Operation, refs: _Refs, refusals: Refusals) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _SECURITY[operation.security],
        "responses": _responses(operation, refs, refusals),
    }
    if operation.description:
        made["description"] = operation.description
    if parameters := [*_path_parameters(operation), *_query_parameters(operation), *_headers(operation)]:
        made["parameters"] = parameters
    if operation.request is not None:
        content: dict[str, Any] = {"schema": refs[operation.request, "validation"]}
        if operation.example is not None:
            content["example"] = operation.example
        made["requestBody"] = {"required": True, "content": {"application/json": content}}
    return made


def _responses(operation: Operation, refs: _Refs, refusals: Refusals) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if operation.response is not None:
        content = {operation.content_type: {"schema": refs[operation.response, "serialization"]}}
        answers[str(operation.status)] = {"description": "Done.", "content": content}
    elif operation.content_type != "application/json":
        content = {operation.content_type: {"schema": {"type": "string"}}}
        answers[str(operation.status)] = {"description": "Done.", "content": content}
    else:
        answers["204"] = {"description": "Done."}
    errors: list[type[DomainError]] = list(operation.errors)
    if operation.security != "none":
        errors.append(Unauthenticated)
    if operation.request or operation.query:
        errors.append(Invalid)
    if _PARAMETER.search(operation.path):
        errors.append(NotFound)
    for error in errors:
        status = str(status_of(error())) if _plain(error) else "422"
        if status not in answers:
            answers[status] = refusals.ref(error)
    return dict(sorted(answers.items()))


def _plain(error: type[DomainError]) -> bool:
    """Whether the kind can be made without arguments (ValidationErrors cannot)."""
    return error.__init__ is DomainError.__init__


def _error_answer(error: type[DomainError]) -> dict[str, Any]:
    return {
        "description": error.message,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "example": {
                    "error": {
                        "code": error.code,
                        "message": error.message,
                        "field": None,
                        "remedy": error.remedy or None,
                    }
                },
            }
        },
    }


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    made = []
    for name, pattern in re.findall(r"{(\w+)(?::([^{}]+))?}", operation.path):
        schema = {"type": "integer", "minimum": 1} if pattern == r"\d+" else {"type": "string"}
        made.append({"name": name, "in": "path", "required": True, "schema": schema})
    return made


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = _query_schema(operation)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema.get("properties", {}).items()
    ]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.repeatable:
        return []
    said = (
        "New for each request, up to 200 printable ASCII characters: for a day the same key with the same "
        "request is answered as it was, with another request 422, before the first is answered 409."
    )
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "description": said,
             "schema": {"type": "string"}}]  # fmt: skip


def _query_schema(operation: Operation) -> dict[str, Any]:
    return operation.query.model_json_schema(ref_template=_REF) if operation.query is not None else {}


def routes_for(apis: Iterable[Api]) -> web.RouteTableDef:
    """The route of the document, which is made when it is first asked for: a fifth of a hub's start."""
    routes = web.RouteTableDef()
    making = Lock()

    @cache
    def text() -> str:
        return json.dumps(document(apis))

    def made() -> str:
        with making:
            return text()

    @routes.get("/api/v1/openapi.json")
    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(text=await asyncio.to_thread(made))

    return routes
