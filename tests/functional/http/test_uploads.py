"""Whoever may not send a file is told so before a byte of it is read, at every door that takes one."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import confhub
from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.http.uploads import right_of
from confhub.kernel.permissions import Role
from tests.plugins.website import PASSWORD, Reader

HTTP = Path(confhub.__file__).parent / "http"
READERS = {"bodies.py"}
"""Who reads bodies, for everybody: see the table there."""


def file_doors(server: TestServer) -> list[tuple[str, str]]:
    found = set()
    for route in server.app.router.routes():
        if right_of(route.handler) is not None:
            resource = route.resource
            assert resource is not None
            found.add((route.method, resource.canonical.replace("{id}", "1")))
    return sorted(found)


@pytest.fixture
async def viewer(services: Services, reader: Reader) -> Reader:
    await services.accounts.create_account(
        SYSTEM, "quan-tri", PASSWORD, "Quản trị", [GrantWish(Role.ADMINISTRATOR, None)], "en"
    )
    await services.accounts.create_account(
        SYSTEM, "nguoi-xem", PASSWORD, "Người xem", [GrantWish(Role.VIEWER, None)], "en"
    )
    return reader


async def answered(reader: Reader, method: str, path: str, content_type: str) -> int:
    """The status that comes while the body is still to come."""
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"--x\r\n"
        await never.wait()

    headers = {**reader.headers, "Content-Type": content_type, "X-CSRF-Token": reader.token}
    async with asyncio.timeout(20):
        async with reader.client.request(
            method, path, data=body(), headers=headers, allow_redirects=False
        ) as answer:
            return answer.status


async def test_no_door_reads_a_file_of_somebody_without_the_right(server: TestServer, viewer: Reader) -> None:
    doors = file_doors(server)
    assert len(doors) >= 4
    kinds = ("multipart/form-data; boundary=x", "application/octet-stream")
    await viewer.get("/login")
    for method, path in doors:
        for kind in kinds:
            status = await answered(viewer, method, path, kind)
            assert status == (401 if path.startswith("/api/") else 303), path
    await viewer.log_in("nguoi-xem")
    for method, path in doors:
        for kind in kinds:
            assert await answered(viewer, method, path, kind) in (403, 404), path


async def test_a_form_in_parts_is_refused_where_no_file_is_taken(viewer: Reader) -> None:
    await viewer.log_in("nguoi-xem")
    answer = await viewer.client.post(
        "/profile/password",
        data=b'--x\r\nContent-Disposition: form-data; name="present"\r\n\r\na\r\n--x--\r\n',
        headers={
            **viewer.headers,
            "Content-Type": "multipart/form-data; boundary=x",
            "X-CSRF-Token": viewer.token,
        },
    )
    assert answer.status == 415


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("request.", "incoming.")):
            yield ast.unparse(node.func).split(".", 1)[1]


def test_every_door_that_reads_a_file_is_marked() -> None:
    """One that is not marked is refused forms in parts; one that goes around that is found here."""
    for path in HTTP.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = str(path.relative_to(HTTP))
        if name not in READERS:
            assert not {"read", "post", "multipart", "json", "text"} & set(calls(tree)), name
        for function in ast.walk(tree):
            if isinstance(function, ast.AsyncFunctionDef) and "sent.files" in ast.unparse(function):
                marks = [ast.unparse(one) for one in function.decorator_list]
                assert any(mark.startswith("takes_file(") for mark in marks), f"{name}: {function.name}"


def test_a_door_that_is_not_marked_has_no_right_to_ask_for() -> None:
    async def plain(_request: web.Request) -> web.StreamResponse:
        raise NotImplementedError

    assert right_of(plain) is None
