"""Connections that never end: they find a deadline and a cap, and honest people get in all the same."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from confhub.kernel import limits, tls
from tests.functional.relay.test_tokens_and_tls import _write_certificate
from tests.plugins.strangers import Hub, until
from tests.plugins.website import PASSWORD

GET = "GET /login HTTP/1.1\r\nHost: hub\r\n\r\n"
SOON: dict[str, Any] = {"sweep_s": 0.05}


async def test_a_silent_connection_is_cut_and_so_is_one_whose_headers_never_end(
    hub_with: Callable[..., Any], lines: Callable[..., Any]
) -> None:
    hub = await hub_with(first_request_s=0.3, **SOON)
    silent, slow = await lines(hub), await lines(hub)
    slow.say("GET / HTTP/1.1\r\nX-Slow: ")
    assert await silent.end() == b""
    assert await slow.end() == b""
    assert hub.doors.refused["no whole request in time"] == 2


async def test_a_connection_that_asks_for_nothing_more_is_cut(
    hub_with: Callable[..., Any], lines: Callable[..., Any]
) -> None:
    hub = await hub_with(idle_s=0.3, **SOON)
    line = await lines(hub)
    line.say("GET /healthz-nothing HTTP/1.1\r\nHost: hub\r\n\r\n")
    assert (await line.answer())[0] == 404
    await line.end()
    assert hub.doors.refused["idle too long"] == 1


async def test_a_proxy_s_idle_connections_are_left_to_it(
    hub_with: Callable[..., Any], lines: Callable[..., Any]
) -> None:
    hub = await hub_with(
        idle_s=0.2, strangers_per_address=1, proxy=lambda address: address == "127.0.0.7", **SOON
    )
    proxied = [await lines(hub, "127.0.0.7") for _ in range(3)]
    direct = await lines(hub)
    for line in (*proxied, direct):
        line.say(GET)
        assert (await line.answer())[0] in (200, 303)
    await direct.end()
    for line in proxied:
        line.say(GET)
        assert (await line.answer())[0] in (200, 303)


async def test_the_newest_connection_is_served_while_an_address_is_full_of_silent_ones(
    hub_with: Callable[..., Any], lines: Callable[..., Any]
) -> None:
    hub = await hub_with(strangers_per_address=5)
    silent = [await lines(hub) for _ in range(8)]
    honest = await lines(hub)
    honest.say(GET)
    assert (await honest.answer())[0] in (200, 303)
    assert len(hub.doors) <= 5
    assert hub.doors.refused["idle connections cut for a newer one of the same address"] >= 4
    assert await silent[0].end() == b""


async def test_so_is_it_while_the_whole_hub_is_full_of_strangers_from_everywhere(
    hub_with: Callable[..., Any], lines: Callable[..., Any]
) -> None:
    hub = await hub_with(connections=5)
    for number in range(9):
        await lines(hub, f"127.0.1.{number + 1}")
    honest = await lines(hub, "127.0.2.1")
    honest.say(GET)
    assert (await honest.answer())[0] in (200, 303)
    assert len(hub.doors) <= 5


async def test_who_is_logged_in_keeps_the_connection_whatever_strangers_of_the_same_address_do(
    hub_with: Callable[..., Any],
    lines: Callable[..., Any],
    reader_of: Callable[..., Any],
    services: Services,
    setup_code: SetupCode,
) -> None:
    hub = await hub_with(strangers_per_address=4)
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    person = await reader_of(hub)
    await person.log_in("admin")
    cookies = "; ".join(f"{one.key}={one.value}" for one in person.client.cookie_jar)  # type: ignore[attr-defined]
    line = await lines(hub)
    known = f"GET /profile HTTP/1.1\r\nHost: hub\r\nCookie: {cookies}\r\n\r\n"
    line.say(known)
    status, head = await line.answer()
    assert status == 200
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await line.reader.readexactly(length)
    for _ in range(12):
        await lines(hub)
    await until(lambda: hub.doors.refused["idle connections cut for a newer one of the same address"] >= 7)
    line.say(known)
    assert (await line.answer())[0] == 200


async def test_a_head_without_an_end_is_cut_before_it_fills_memory(
    hub: Hub, lines: Callable[..., Any]
) -> None:
    line = await lines(hub)
    line.say("GET / HTTP/1.1\r\n")
    for number in range(60):
        line.say(f"X-{number}: {'a' * 8000}\r\n")
    assert b" 200 " not in await line.end()
    await until(lambda: len(hub.doors) == 0)


async def test_an_answer_that_nobody_takes_is_cut(
    hub_with: Callable[..., Any], lines: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = await hub_with(stalled_s=0.4, idle_s=0.8, **SOON)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", hub.port))
    try:
        for _ in range(30):  # pipelined: far more than the system's buffers hold
            await loop.sock_sendall(raw, b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: hub\r\n\r\n")
        await until(lambda: bool(hub.doors.refused) and len(hub.doors) == 0)
        assert set(hub.doors.refused) <= {"an answer that is not taken", "idle too long"}
    finally:
        raw.close()


async def test_a_tls_handshake_that_does_not_go_on_ends(
    hub_with: Callable[..., Any], lines: Callable[..., Any], tls_context: ssl.SSLContext
) -> None:
    hub = await hub_with(context=tls_context, handshake_s=0.3)
    line = await lines(hub)
    line.say(b"\x16\x03")
    assert await line.end() == b""
    await until(lambda: len(hub.doors) == 0)
    assert hub.doors.refused["connections that ended in the handshake"] == 1


async def test_without_descriptors_the_hub_waits_and_says_so_once_instead_of_spinning(
    hub: Hub, lines: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "ACCEPT_RETRY_S", 0.05)
    loop = asyncio.get_running_loop()
    accept, failed = loop.sock_accept, 0

    async def none_left(listener: socket.socket) -> Any:
        nonlocal failed
        sock, address = await accept(listener)
        if failed < 3:
            failed += 1
            sock.close()
            raise OSError(errno.EMFILE, "Too many open files")
        return sock, address

    monkeypatch.setattr(loop, "sock_accept", none_left)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            await lines(hub)  # the first was being waited for before the descriptors ran out
        honest = await lines(hub)
        honest.say(GET)
        assert (await honest.answer())[0] in (200, 303)
    assert hub.doors.refused["connections that could not be accepted"] == failed == 3


@pytest.fixture
def tls_context(tmp_path: Path) -> ssl.SSLContext:
    return tls.server_context(*_write_certificate(tmp_path, "hub"))
