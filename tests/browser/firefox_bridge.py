#!/usr/bin/env python3
"""Stands where Playwright expects Firefox: starts Debian's, and carries WebDriver BiDi between the two.

The ESR knows all that Playwright asks of it at a context's start but one command, which is answered here.
Playwright starts this file with Firefox's arguments, reads the line with the address, and ends the whole
process group.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

from aiohttp import ClientSession, WSMsgType, web

FIREFOX = "/usr/bin/firefox-esr"
_SAID = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
_UNKNOWN = {"emulation.setMediaFeaturesOverride"}
"""Newer than the ESR; Playwright sends it whether or not a test asks for other colours."""


async def _carry(source: web.WebSocketResponse, target: web.WebSocketResponse, *, asks: bool) -> None:
    async for message in source:
        if message.type != WSMsgType.TEXT:
            break
        command = json.loads(message.data) if asks else {}
        if command.get("method") in _UNKNOWN:
            await source.send_json({"type": "success", "id": command["id"], "result": {}})
        else:
            await target.send_str(message.data)
    await target.close()


async def main() -> int:
    """Firefox's own exit status."""
    firefox = await asyncio.create_subprocess_exec(
        FIREFOX, *sys.argv[1:], stdout=sys.stdout, stderr=asyncio.subprocess.PIPE
    )
    assert firefox.stderr is not None
    while (line := await firefox.stderr.readline()) and not (found := _SAID.search(line)):
        sys.stderr.buffer.write(line)
    address = found[1].decode()

    async def bridge(request: web.Request) -> web.WebSocketResponse:
        client = web.WebSocketResponse(max_msg_size=0)
        await client.prepare(request)
        async with ClientSession() as http, http.ws_connect(address + request.path, max_msg_size=0) as server:
            await asyncio.gather(_carry(client, server, asks=True), _carry(server, client, asks=False))
        return client

    app = web.Application()
    app.router.add_get("/{path:.*}", bridge)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"WebDriver BiDi listening on ws://127.0.0.1:{runner.addresses[0][1]}", file=sys.stderr, flush=True)
    async for line in firefox.stderr:
        sys.stderr.buffer.write(line)
    status = await firefox.wait()
    await runner.cleanup()
    return status


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
