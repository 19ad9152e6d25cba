"""RelayProcess: the hub's own relay, started, watched, restarted, and adopted after the hub's death."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from confhub.engine import relay_file
from confhub.engine.relay_file import RelayRecord
from confhub.engine.twirp import TwirpCaller
from confhub.kernel.errors import StartError, Unavailable
from confhub.kernel.priority import prefer_media
from confhub.kernel.private import child_environment

log = structlog.get_logger(__name__)

READY_TIMEOUT_S = 20.0
"""From start to the ready line; two busy cores need some seconds to import everything."""

STOP_GRACE_S = 10.0
"""From SIGTERM to SIGKILL: the relay says goodbye to its participants and delivers its last webhooks."""

PING_S, PINGS_MISSED_MAX = 5.0, 4
"""A relay that answers nothing for so many pings hangs, and is started again."""

BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 5.0
"""Waits before starting again: a single death costs nothing, a relay that cannot start no processor."""

STEADY_S = 30.0
"""Having lived so long, a relay's next death counts as the first again."""

LOG_MAX_BYTES = 10 * 2**20
"""The relay's log is begun anew when it is larger; the one before is kept as `relay.log.1`."""


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """How the relay is to be started. Ports 0 mean: any free one, kept over the relay's restarts; `tcp_port`
    None: UDP's number. Secrets are handed on in the environment, and nothing else of the hub's is."""

    data_dir: Path
    host: str
    port: int
    udp_port: int
    advertise: Sequence[str] = ()
    tcp_port: int | None = None
    turn: Sequence[str] = ()
    turn_secret: str = ""
    metrics_token: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    webhook_urls: Sequence[str] = ()
    fanout: str = "auto"
    log_level: str = "info"


class RelayProcess:
    """After `start`, `url`, `key` and `secret` are what MediaEngine takes; they stay while it is watched."""

    def __init__(self, options: RelayOptions) -> None:
        self._options = options
        self._path = options.data_dir / "relay.json"
        self._record: RelayRecord | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._restarts = 0
        self.on_restart: Callable[[], Awaitable[None]] | None = None
        """Awaited whenever a dead relay was replaced by a new one: it has forgotten everything."""

    async def start(self) -> None:
        """Adopt the relay a dead hub left behind, or start one and wait for its ready line. Keys are made
        once into the data folder (0600). StartError naming the setting where it cannot be."""
        record = await asyncio.to_thread(relay_file.load, self._path)
        if await self._adopt(record):
            self._record = record
            log.info("relay adopted", pid=record.pid, port=record.port)
        else:
            await _end(record.pid if _is_relay(record.pid) else None)
            options = self._options
            self._record = await self._spawn(record, options.port, options.udp_port, options.tcp_port)
        self._watch = asyncio.create_task(self._keep_running(), name="relay watch")

    async def stop(self) -> None:
        """Ask the relay to end, wait for it, kill it after a grace time."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        if self._record is None:
            return
        await self._end_running()
        self._record = self._record.stopped()
        await asyncio.to_thread(relay_file.save, self._path, self._record)

    @property
    def url(self) -> str:
        """`http(s)://127.0.0.1:port`, or the one address the relay listens on."""
        scheme = "https" if self._options.tls_cert else "http"
        host = self._options.host
        if host in ("0.0.0.0", "::", "localhost", ""):  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._known.port}"

    @property
    def key(self) -> str:
        return self._known.key

    @property
    def secret(self) -> str:
        return self._known.secret

    @property
    def pid(self) -> int | None:
        """The relay's process, None while it is down."""
        return self._record.pid if self._record else None

    @property
    def restarts(self) -> int:
        """How often it had to be started again."""
        return self._restarts

    @property
    def _known(self) -> RelayRecord:
        assert self._record is not None, "start() comes first"
        return self._record

    def _command(self) -> list[str]:
        options = self._options
        command = [sys.executable, "-m", "confhub.relay", "--host", options.host]
        if options.advertise:
            command += ["--advertise", *options.advertise]
        if options.turn:
            command += ["--turn", *options.turn]
        if options.tls_cert is not None and options.tls_key is not None:
            command += ["--tls-cert", str(options.tls_cert), "--tls-key", str(options.tls_key)]
        for url in options.webhook_urls:
            command += ["--webhook-url", url]
        command.append("--no-auto-create")  # whoever is removed stays out until the hub has told so again
        return [*command, "--fanout", options.fanout, "--log-level", options.log_level]

    def _how(self) -> tuple[str, ...]:
        """The command, and a trace of what else the relay was told at its start: a relay with another TURN
        secret is not adopted."""
        if not self._options.turn:
            return tuple(self._command())
        digest = hashlib.sha256(self._options.turn_secret.encode()).hexdigest()[:8]
        return (*self._command(), f"turn secret {digest}")

    async def _adopt(self, record: RelayRecord) -> bool:
        """Whether the recorded relay lives, is ours, and runs as it would be started now."""
        options = self._options
        same = (
            record.command == self._how()
            and options.port in (0, record.port)
            and options.udp_port in (0, record.udp_port)
            and options.tcp_port in (None, 0, record.tcp_port)
        )
        if not same or not _is_relay(record.pid):
            return False
        self._record = record
        return await self._answers(record)

    async def _answers(self, record: RelayRecord) -> bool:
        caller = TwirpCaller(self.url, record.key, record.secret, verify_tls=False)
        try:
            answer = await caller.ask_stage("GetCapabilities")
        except Unavailable:
            return False
        finally:
            await caller.close()
        return answer is not None and answer.get("instance") == record.instance

    async def _spawn(
        self, record: RelayRecord, port: int, udp_port: int, tcp_port: int | None
    ) -> RelayRecord:
        """Start a relay and read its ready line. StartError with the relay's own words."""
        command = self._command()
        ports = ["--port", str(port), "--udp-port", str(udp_port)]
        if tcp_port is not None:
            ports += ["--tcp-port", str(tcp_port)]
        log_path = self._options.data_dir / "relay.log"
        with _open_log(log_path) as stderr:
            begun_at = stderr.tell()
            child = await asyncio.create_subprocess_exec(
                *command, *ports,
                env=self._environment(record),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=stderr,
                start_new_session=True,  # Ctrl-C is the hub's; it ends the relay in its own order
            )  # fmt: skip
        self._child = child
        # Known by its pid before it is ready: should this hub be killed meanwhile, the next one ends it.
        record = replace(record.stopped(), pid=child.pid, command=self._how())
        await asyncio.to_thread(relay_file.save, self._path, record)
        prefer_media(child.pid)
        ready = await self._ready_line(child)
        if ready is None:
            await self._end_child(child)
            raise StartError(_refusal(_tail(log_path, begun_at)))
        record = replace(
            record,
            pid=child.pid,
            port=int(ready["port"]),
            udp_port=int(ready["udp_port"]),
            tcp_port=int(ready["tcp_port"]),
            instance=str(ready["instance"]),
        )
        await asyncio.to_thread(relay_file.save, self._path, record)
        log.info("relay started", pid=child.pid, port=record.port, udp_port=record.udp_port)
        return record

    def _environment(self, record: RelayRecord) -> dict[str, str]:
        told = {"LIVEKIT_KEYS": f"{record.key}: {record.secret}"}
        if self._options.turn:
            told["CONFHUB_TURN_SECRET"] = self._options.turn_secret
        if self._options.metrics_token:
            told["CONFHUB_METRICS_TOKEN"] = self._options.metrics_token
        return child_environment(**told)

    async def _ready_line(self, child: asyncio.subprocess.Process) -> dict[str, Any] | None:
        assert child.stdout is not None, "it was asked for"
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                line = await child.stdout.readline()
            ready = json.loads(line)
        except (TimeoutError, ValueError):
            return None
        return ready if isinstance(ready, dict) and ready.get("event") == "ready" else None

    async def _keep_running(self) -> None:
        """Wait for the relay's end, or for its silence, and start it again."""
        wait_s = BACKOFF_FIRST_S
        while True:
            began = asyncio.get_running_loop().time()
            await self._until_down()
            if asyncio.get_running_loop().time() - began > STEADY_S:
                wait_s = BACKOFF_FIRST_S
            log.error("relay is down", pid=self.pid, starts_again_in_s=wait_s)
            await self._end_running()
            self._record = self._known.stopped()
            while self._record.pid is None:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, BACKOFF_MAX_S)
                try:
                    known = self._known
                    self._record = await self._spawn(known, known.port, known.udp_port, known.tcp_port)
                except (StartError, OSError) as error:
                    log.error("relay does not start", reason=str(error), again_in_s=wait_s)
            self._restarts += 1
            await self._tell_restart()

    async def _tell_restart(self) -> None:
        if self.on_restart is None:
            return
        try:
            await self.on_restart()
        except Exception:  # containment: the watch goes on whatever becomes of the rooms
            log.exception("the new relay was not told what the old one knew")

    async def _until_down(self) -> None:
        ended = asyncio.create_task(self._ended())
        missed = 0
        try:
            while missed < PINGS_MISSED_MAX:
                done, _ = await asyncio.wait({ended}, timeout=PING_S)
                if done:
                    return
                missed = 0 if await self._answers(self._known) else missed + 1
                await asyncio.to_thread(_turn_log, self._options.data_dir / "relay.log")
        finally:
            ended.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ended

    async def _ended(self) -> None:
        if self._child is not None:
            await self._child.wait()
        else:
            await _gone(self._known.pid)

    async def _end_running(self) -> None:
        if self._child is not None:
            await self._end_child(self._child)
            self._child = None
        else:
            await _end(self._known.pid)

    async def _end_child(self, child: asyncio.subprocess.Process) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if child.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), STOP_GRACE_S)
        transport = getattr(child, "_transport", None)
        if transport is not None:
            transport.close()  # the pipe of the ready line


async def _end(pid: int | None) -> None:
    """End a relay that is not our child."""
    if pid is None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE_S):
                await _gone(pid)
                return


async def _gone(pid: int | None) -> None:
    """Wait until a process that is not our child has ended."""
    if pid is None:
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _is_relay(pid: int | None) -> bool:
    """Whether this process is alive and a relay: a pid may have been given to somebody else."""
    if pid is None:
        return False
    try:
        return b"confhub.relay" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _open_log(path: Path) -> BinaryIO:
    try:
        _turn_log(path)
        return path.open("ab")
    except OSError as error:
        raise StartError(
            f"--data (CONFHUB_DATA_DIR): cannot write {path.name} in {path.parent}: {error.strerror}"
        ) from error


def _turn_log(path: Path) -> None:
    """Begin a log anew that is too large. The relay goes on writing into the same file: it appends."""
    if not path.exists() or path.stat().st_size <= LOG_MAX_BYTES:
        return
    with path.open("r+b") as file, path.with_name(path.name + ".1").open("wb") as kept:
        file.seek(-LOG_MAX_BYTES, os.SEEK_END)
        kept.write(file.read())
        file.truncate(0)


def _tail(path: Path, begun_at: int) -> str:
    with path.open("rb") as file:
        file.seek(begun_at)
        lines = file.read(64 * 1024).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it gave no reason"


def _refusal(text: str) -> str:
    """The relay's last word, with the hub's names for its settings."""
    text = text.removeprefix("confhub relay: ")
    for theirs, mine in (
        ("--udp-port", "--relay-udp-port (CONFHUB_RELAY_UDP_PORT)"),
        ("--tcp-port", "--relay-tcp-port (CONFHUB_RELAY_TCP_PORT)"),
        ("--turn", "--turn (CONFHUB_TURN)"),
        ("--port", "--relay-port (CONFHUB_RELAY_PORT)"),
    ):
        if theirs in text:
            return f"The relay cannot start; change {mine}: {text}"
    return f"The relay cannot start: {text}"
