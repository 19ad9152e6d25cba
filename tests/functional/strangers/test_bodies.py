"""Bodies: of a stranger little is taken, and not for long; of a person a form and a file."""

from __future__ import annotations

import asyncio
import gzip
import io
import sys
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import FormData, web

from confhub.accounts.service import SetupCode
from confhub.app import bind
from confhub.http import bodies
from confhub.http.app import build_app
from confhub.http.bodies import STRANGER, Bound
from confhub.http.context import Services
from confhub.http.pool import Pool, PoolFull
from confhub.http.render import render
from confhub.http.security import csrf_exempt
from confhub.http.serving import serving
from confhub.kernel.errors import Unavailable
from tests.plugins.strangers import Hub, until
from tests.plugins.website import PASSWORD, Reader

FORM = "application/x-www-form-urlencoded"


def head(length: int | None, kind: str = FORM, path: str = "/login", more: str = "") -> str:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: {kind}\r\n{size}\r\n{more}\r\n"


@pytest.fixture
async def admin(hub: Hub, reader_of: Callable[..., Any], services: Services, setup_code: SetupCode) -> Reader:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    reader: Reader = await reader_of(hub)
    await reader.log_in("admin")
    return reader


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head(STRANGER.max_bytes + 1), 413),
        (head(12 * 2**20, "multipart/form-data; boundary=b"), 415),
        (head(12 * 2**20, "multipart/form-data; boundary=b", "/import"), 303),
        (head(200, more="Content-Encoding: gzip\r\n"), 415),
        (head(12 * 2**20, "application/json", "/api/v1/endpoint/pair"), 413),
        (head(12 * 2**20, "application/json", "/engine/webhook"), 413),
        (head(None, "text/csv", "/api/v1/people/import?filename=a.csv"), 401),
    ],
    ids=["form", "multipart", "upload", "compressed", "json", "webhook", "file"],
)
async def test_a_stranger_s_body_is_refused_before_a_byte_of_it_is_read_and_the_line_is_closed(
    hub: Hub, lines: Callable[..., Any], request_head: str, status: int
) -> None:
    line = await lines(hub)
    line.say(request_head)
    found, answer = await line.answer()
    assert found == status
    assert b"connection: close" in answer.lower()
    await line.end()
    assert (hub.bodies.strangers.bytes, hub.bodies.uploads.bytes) == (0, 0)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head(STRANGER.max_bytes + 1, more="Expect: 100-continue\r\n"), 413),
        (head(2**20, "text/csv", "/api/v1/people/import?filename=a.csv", "Expect: 100-continue\r\n"), 401),
        (head(20, more="Expect: a-miracle\r\n"), 417),
    ],
    ids=["too large", "no right", "unknown"],
)
async def test_a_sender_that_waits_is_refused_before_it_is_asked_for_its_body(
    hub: Hub, lines: Callable[..., Any], request_head: str, status: int
) -> None:
    line = await lines(hub)
    line.say(request_head)
    assert (await line.answer())[0] == status


async def test_a_sender_that_waits_is_asked_for_a_body_that_is_taken(
    hub: Hub, lines: Callable[..., Any]
) -> None:
    form = "username=a&password=b"
    line = await lines(hub)
    line.say(head(len(form), more="Expect: 100-continue\r\n"))
    assert (await line.answer())[0] == 100
    line.say(form)
    assert (await line.answer())[0] == 403, "the form was read: it names no token of this page"


async def test_a_chunked_body_stops_at_a_stranger_s_cap(hub: Hub, lines: Callable[..., Any]) -> None:
    line = await lines(hub)
    line.say(head(None))
    for _ in range(20):
        line.say(b"2000\r\n" + b"a" * 0x2000 + b"\r\n")
    assert (await line.answer())[0] == 413
    await line.end()


async def test_a_flood_of_fields_is_no_form(hub: Hub, lines: Callable[..., Any]) -> None:
    body = "&".join(f"f{number}=1" for number in range(4900))
    line = await lines(hub)
    line.say(head(len(body)) + body)
    assert (await line.answer())[0] == 422


async def test_half_sent_forms_end_while_others_are_answered(
    hub: Hub, lines: Callable[..., Any], reader_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Bound("stranger", 64 * 1024, 40, "", grace_s=0.5, bytes_per_s=10**9)
    monkeypatch.setattr(bodies, "STRANGER", short)
    half = [await lines(hub) for _ in range(60)]
    for line in half:
        line.say(head(60_000) + "a" * 30_000)
    await until(lambda: len(hub.bodies.strangers) == 60)
    assert hub.bodies.strangers.bytes == 60 * 60_000
    honest = await reader_of(hub)
    assert (await honest.get("/login")).status in (200, 303)
    for line in half:
        assert (await line.answer())[0] == 408
        await line.end()
    assert (len(hub.bodies.strangers), hub.bodies.strangers.bytes) == (0, 0)


async def test_one_address_full_of_half_sent_forms_has_room_for_the_next_honest_one(
    hub: Hub, lines: Callable[..., Any], reader_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from confhub.http import pool

    monkeypatch.setattr(pool, "GIVES_WAY_S", 0.0)
    half = [await lines(hub) for _ in range(64)]
    for line in half:
        line.say(head(STRANGER.max_bytes) + "a")
    await until(lambda: hub.bodies.strangers.bytes == bodies.STRANGERS_BYTES_PER_ADDRESS)
    honest = await reader_of(hub)
    answer = await honest.post("/language", {"language": "en"})
    assert answer.status == 403  # read, and found to be without a page's token
    assert hub.bodies.strangers.gave_way == 1
    assert (await half[0].answer())[0] == 408


async def test_what_cannot_give_way_is_told_to_come_again(hub: Hub, lines: Callable[..., Any]) -> None:
    half = [await lines(hub) for _ in range(64)]
    for line in half:
        line.say(head(STRANGER.max_bytes) + "a")
    await until(lambda: hub.bodies.strangers.bytes == bodies.STRANGERS_BYTES_PER_ADDRESS)
    late = await lines(hub)
    late.say(head(STRANGER.max_bytes) + "a")
    status, answer = await late.answer()
    assert (status, b"retry-after: 5" in answer.lower()) == (429, True)
    elsewhere = await lines(hub, "127.0.0.9")
    elsewhere.say(head(4) + "a=bc")
    assert (await elsewhere.answer())[0] == 403


async def test_a_sender_that_goes_away_is_counted_and_not_traced(
    hub: Hub, lines: Callable[..., Any], admin: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        line = await lines(hub)
        line.say(head(60_000) + "a" * 100)
        await until(lambda: len(hub.bodies.strangers) == 1)
        line.drop()
        await until(lambda: len(hub.bodies.strangers) == 0)
    assert hub.bodies.aborted == 5
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err


async def test_a_person_s_upload_is_taken_and_counted_until_it_is_answered(hub: Hub, admin: Reader) -> None:
    form = FormData({"csrf_token": admin.token})
    form.add_field("file", io.BytesIO(b"a;b\n" * 500_000), filename='Đơn vị; "mới".csv')
    answer = await admin.post("/import", form)
    assert answer.status in (200, 422)
    assert (len(hub.bodies.uploads), hub.bodies.uploads.bytes) == (0, 0)


async def test_a_compressed_body_is_not_unpacked_for_anybody(hub: Hub, admin: Reader) -> None:
    bomb = io.BytesIO(gzip.compress(b"a" * 50_000_000))
    answer = await admin.client.post(
        "/api/v1/units", data=bomb, headers={"Content-Encoding": "gzip", "X-CSRF-Token": admin.token}
    )
    assert answer.status == 415


async def test_pages_take_multipart_on_upload_routes_only(hub: Hub, admin: Reader) -> None:
    form = FormData({"csrf_token": admin.token}, default_to_multipart=True)
    form.add_field("code", "H45", content_type="text/plain")
    assert (await admin.post("/units/new", form)).status == 415


async def test_a_pool_cuts_the_oldest_that_is_not_whole_and_never_a_whole_one() -> None:
    pool = Pool(10_000, 6_000)
    first = pool.take("a", 4_000)
    with pytest.raises(PoolFull):
        pool.take("a", 4_000)
    first.done()
    first.done()
    assert pool.bytes == 0
    whole = pool.take("a", 5_000)
    old = pool.take("b", 4_000)
    old.began, whole.began = old.began - 10, whole.began - 20

    async def read() -> None:
        async with asyncio.timeout(60) as old.deadline:
            pool.take("c", 4_000)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await read()
    assert (old.cut, whole.cut, pool.bytes) == (True, False, 9_000)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells a socket's state")
async def test_no_page_is_drawn_for_a_sender_that_went_away_meanwhile(
    services: Services, lines: Callable[..., Any]
) -> None:
    asked, left, drawn = asyncio.Event(), asyncio.Event(), list[str]()

    @csrf_exempt
    async def late(request: web.Request) -> web.StreamResponse:
        asked.set()
        await left.wait()
        try:
            await render(request, "error.html", code=410, message="", remedy="", number=None)
        except ConnectionResetError as error:
            drawn.append(str(error))
            raise
        drawn.append("a page")
        return web.Response()

    app = build_app(services)
    app.router.add_post("/late", late)
    with bind("127.0.0.1", 0) as listener:
        async with serving(app, [(listener, None)]) as doors:
            hub = Hub(app, doors, listener.getsockname()[1])
            for leaves, what in ((True, "the page's reader went away"), (False, "a page")):
                asked.clear(), left.clear(), drawn.clear()
                line = await lines(hub)
                line.say(head(500_000, path="/late") + "a" * 60_000)  # more than is read ahead: reading rests
                await asked.wait()
                if leaves:
                    line.drop()
                left.set()
                await until(lambda: bool(drawn))
                assert drawn == [what]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells a socket's state")
@pytest.mark.parametrize("error", [web.HTTPUnsupportedMediaType, Unavailable])
async def test_an_error_that_nobody_is_there_to_read_leaves_no_traceback(
    error: type[Exception],
    services: Services,
    lines: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    @csrf_exempt
    async def late(request: web.Request) -> web.StreamResponse:
        asked.set()
        await left.wait()
        raise error

    app = build_app(services)
    app.router.add_post("/late", late)
    with bind("127.0.0.1", 0) as listener:
        async with serving(app, [(listener, None)]) as doors:
            line = await lines(Hub(app, doors, listener.getsockname()[1]))
            line.say(head(500_000, path="/late") + "a" * 60_000)  # more than is read ahead: reading rests
            await asked.wait()
            line.drop()
            left.set()
            await until(lambda: not len(doors))
    told = capsys.readouterr()
    assert "Traceback" not in caplog.text + told.out + told.err
