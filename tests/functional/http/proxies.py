"""nginx and Caddy, set up by the very words of the operator's guide, with other ports and certificates."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers import listening

GUIDE = Path(__file__).parents[3] / "docs" / "operator-guide.md"
HOST = "hop.example.vn"
READY_S = 20.0
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}


@dataclass(frozen=True)
class Ports:
    """On 127.0.0.1."""

    front: int
    hub: int
    relay: int


def example(maker: str) -> str:
    """The guide's configuration of `maker`."""
    mark = {"nginx": "server_name", "caddy": "reverse_proxy"}[maker]
    (found,) = [
        block for block in re.findall(r"```\n(.*?)```", GUIDE.read_text("utf-8"), re.S) if mark in block
    ]
    return str(found)


def _backends(text: str, ports: Ports) -> str:
    assert ("127.0.0.1:8080" in text, "127.0.0.1:7880" in text) == (True, True)
    return text.replace("127.0.0.1:8080", f"127.0.0.1:{ports.hub}").replace(
        "127.0.0.1:7880", f"127.0.0.1:{ports.relay}"
    )


def _nginx(text: str, ports: Ports, cert: Path, key: Path, folder: Path) -> str:
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{ports.front} ssl"),
        ("/etc/ssl/hop.pem", str(cert)),
        ("/etc/ssl/hop.key", str(key)),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {folder / name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"user root;\ndaemon off;\npid {folder / 'pid'};\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{text}\n}}\n"
    )


def _caddy(text: str, ports: Ports, cert: Path, key: Path) -> str:
    assert text.startswith(f"{HOST} {{\n")
    site = f"https://{HOST}:{ports.front} {{\n\tbind 127.0.0.1\n\ttls {cert} {key}\n"
    text = site + text.removeprefix(f"{HOST} {{\n")
    return "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text


def _set_up(maker: str, program: str, ports: Ports, cert: Path, key: Path, folder: Path) -> list[str]:
    """Write the configuration; gives the command that runs it."""
    folder.mkdir()
    config, text = folder / "config", _backends(example(maker), ports)
    if maker == "nginx":
        config.write_text(_nginx(text, ports, cert, key, folder))
        return [program, "-p", str(folder), "-c", str(config)]
    config.write_text(_caddy(text, ports, cert, key))
    return [program, "run", "--adapter", "caddyfile", "--config", str(config)]


@asynccontextmanager
async def running(maker: str, ports: Ports, cert: Path, key: Path, folder: Path) -> AsyncIterator[None]:
    """The proxy in front of a hub and a relay. Skips where it is not installed (fails in CI)."""
    program = shutil.which(maker)
    if program is None:
        reason = f"no {maker}: install Debian's {PACKAGES[maker]}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    command = await asyncio.to_thread(_set_up, maker, program, ports, cert, key, folder)
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=log, stderr=log, env={**os.environ, **homes}
        )
    try:
        await listening(ports.front, process, folder / "log", READY_S)
        yield
    finally:
        if process.returncode is None:
            process.terminate() if maker == "nginx" else process.kill()  # Caddy waits for open streams
        await process.wait()
