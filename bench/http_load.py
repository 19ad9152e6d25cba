"""A lean HTTP/1.1 client for loading a server on the same machine: keep-alive, a request at a time.

A general client spends as much CPU on a request as the server; on two cores that would measure the client.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `cookie`: name=value of the last Set-Cookie, empty without one."""

    status: int
    body: bytes
    cookie: str
    took_s: float

    def json(self) -> Any:
        """The body. Raises RuntimeError with it where the server refused."""
        if self.status >= 400:
            raise RuntimeError(f"{self.status} {self.body[:300].decode(errors='replace')}")
        return json.loads(self.body)


class Connection:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Hang up."""
        assert self._writer is not None, "opened before"
        self._writer.close()
        await self._writer.wait_closed()

    async def call(self, method: str, path: str, body: object = None, *headers: str) -> Answer:
        """One request and its answer."""
        assert self._reader is not None, "opened before"
        assert self._writer is not None, "opened before"
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}", *headers]
        if content:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        begun = time.perf_counter()
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        head = (await self._reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        size, cookie = 0, ""
        for line in head[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name == b"content-length":
                size = int(value)
            elif name == b"set-cookie":
                cookie = value.split(b";", 1)[0].strip().decode()
        found = await self._reader.readexactly(size) if size else b""
        return Answer(int(head[0].split(b" ", 2)[1]), found, cookie, time.perf_counter() - begun)
