"""LiveKit's Go SDK as a person: tests/gopeer, built once, driven by JSON lines."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import peers
from tests.functional.relay.clients import DEADLINE_S, Heard
from tests.peers import required

SOURCE = Path(__file__).parents[2] / "gopeer"
_TAIL_LINES = 40
_WEBRTC = "github.com/pion/webrtc/v4"
_UDP_ALONE, _UDP_AND_TCP = "// NetworkTypeTCP4, // Not supported yet", "NetworkTypeTCP4,"


def gopeer(*, by_tcp: bool = False) -> Path:
    """The program, outside of the clone; built when its source is new. Skips or fails without Go.

    `by_tcp`: with ICE over TCP, which pion has, but its WebRTC API leaves out of what it asks for.
    """
    go = required(peers.go)
    digest = hashlib.sha256(b"tcp" if by_tcp else b"")
    for path in (*sorted(SOURCE.iterdir()), Path(__file__)):
        digest.update(path.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "confhub"
    binary = cache / f"gopeer-{digest.hexdigest()[:16]}"
    if not binary.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "gopeer.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not binary.exists():
                _build(go, binary, by_tcp=by_tcp)
    return binary


def _build(go: Path, binary: Path, *, by_tcp: bool) -> None:
    unfinished, module = binary.with_suffix(".new"), SOURCE / "go.mod"
    if by_tcp:
        module = _with_tcp(go, binary.with_suffix(".mod"))
    argv = ("-mod=readonly", "-buildvcs=false", f"-modfile={module}", "-o", str(unfinished), ".")
    _run(go, "build", *argv)
    unfinished.rename(binary)


def _with_tcp(go: Path, module: Path) -> Path:
    """A go.mod whose pion asks for TCP as well."""
    theirs = Path(_run(go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _WEBRTC))
    _run(go, "mod", "download", _WEBRTC)
    ours = module.with_suffix(".webrtc")
    shutil.rmtree(ours, ignore_errors=True)
    shutil.copytree(theirs, ours, copy_function=shutil.copyfile)
    types = ours / "networktype.go"
    text = types.read_text()
    assert _UDP_ALONE in text, "pion asks for other networks by now"
    types.write_text(text.replace(_UDP_ALONE, _UDP_AND_TCP))
    module.write_text((SOURCE / "go.mod").read_text() + f"\nreplace {_WEBRTC} => {ours}\n")
    shutil.copy(SOURCE / "go.sum", module.with_suffix(".sum"))
    return module


def _run(go: Path, *argv: str) -> str:
    environment = {**os.environ, "GOFLAGS": ""}
    done = subprocess.run(
        [go, *argv], cwd=SOURCE, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Go:
    """`async with Go(binary) as go:`; one process with any number of people."""

    def __init__(self, binary: Path) -> None:
        self.heard = Heard()
        self._binary = binary
        self._tasks: list[asyncio.Task[None]] = []
        self._log: list[str] = []

    async def __aenter__(self) -> Go:
        self._process = await asyncio.create_subprocess_exec(
            self._binary,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_log())]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(*self._tasks)
        if error[0] is not None:
            print("\n".join(self._log))

    def do(self, what: str, who: str = "", **more: Any) -> None:
        """Send a command of tests/gopeer/main.go."""
        assert self._process.stdin is not None
        line = json.dumps({"do": what, "who": who, **more})
        self._process.stdin.write(line.encode() + b"\n")

    async def event(
        self, name: str, who: str, matches: Callable[[dict[str, Any]], bool] = lambda what: True
    ) -> dict[str, Any]:
        """The first of that name told by `who` that fits, come or coming."""

        def look() -> list[dict[str, Any]]:
            failed = self.heard.all("failed")
            assert not failed, failed
            return [what for what in self.heard.all(name) if what.get("who", "") == who and matches(what)]

        found: list[dict[str, Any]] = await self.heard.until(look)
        return found[0]

    async def join(self, who: str, url: str, token: str, **options: Any) -> None:
        """Into a room; returns when the SDK says so."""
        self.do("join", who, url=url, token=token, **options)
        await self.event("joined", who)

    async def publish(self, who: str, kind: str) -> str:
        """A made "audio" or "video"; its sid."""
        self.do("publish", who, kind=kind)
        told = await self.event("published", who, lambda what: what["kind"] == kind)
        return str(told["sid"])

    def anew(self) -> None:
        """Figures count from here."""
        self.do("anew")

    async def figures(self) -> list[dict[str, Any]]:
        """Of each track that anybody receives, since `anew`."""
        before = len(self.heard.all("heard"))
        self.do("heard")
        await self.heard.until(lambda: len(self.heard.all("heard")) > before)
        tracks: list[dict[str, Any]] = self.heard.all("heard")[before]["tracks"]
        return tracks

    async def receives(self, who: str, sid: str, count: int) -> dict[str, Any]:
        """The figures of a track once so many packets of it have come since `anew`."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                tracks = await self.figures()
                found = [t for t in tracks if (t["who"], t["sid"]) == (who, sid) and t["count"] >= count]
                if found:
                    return found[0]
                await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            what = json.loads(line)
            self.heard.note(what["event"], what)

    async def _keep_log(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._log.append(line.decode(errors="replace").rstrip())
            del self._log[:-_TAIL_LINES]
