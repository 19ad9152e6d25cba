"""Checks of this installation: data folder, database, ports, addresses, certificate, media server."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509

from confhub.cli.doctor.findings import N_, Finding, Verdict
from confhub.db.database import Database
from confhub.db.migrate import is_current
from confhub.engine.engine import MediaEngine
from confhub.engine.errors import EngineRefused, EngineUnavailable
from confhub.kernel import tls
from confhub.kernel.clock import SystemClock
from confhub.kernel.errors import StartError
from confhub.relay.transport.candidates import host_candidates
from confhub.settings import Settings

RENEW_BEFORE = timedelta(days=21)
"""A certificate that ends sooner is told: renewal by hand takes its time in an office."""


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Keys and the SQLite database live there."""
    folder = settings.data_dir
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    params = {"folder": folder}
    if os.access(existing, os.W_OK):
        yield Finding(N_("Data folder"), Verdict.OK, "{folder}", params=params)
    else:
        remedy = N_("Choose another by --data (CONFHUB_DATA_DIR), or give this one to the service's user.")
        yield Finding(N_("Data folder"), Verdict.FAULT, N_("{folder} is not writable"), remedy, params)


def database(settings: Settings) -> Iterator[Finding]:
    """Can it be reached, and is its schema this version's? A SQLite file that is not there yet is made by
    `confhub run`; this command makes none."""
    name = N_("Database")
    database = Database(settings.database_url)
    params: dict[str, object] = {"shown": database.url.render_as_string()}
    if database.is_sqlite and database.url.database and not os.path.exists(database.url.database):
        yield Finding(name, Verdict.OK, N_("{shown}, not made yet"), params=params)
        return
    try:
        current = asyncio.run(is_current(database))
    except StartError as error:
        yield Finding(name, Verdict.FAULT, "{reason}", params={"reason": str(error)})
        return
    if current:
        yield Finding(name, Verdict.OK, "{shown}", params=params)
    else:
        remedy = N_("`confhub run` brings it to this version; make a copy of it first.")
        yield Finding(name, Verdict.WARNING, N_("{shown} is of an older version"), remedy, params)


def ports(settings: Settings) -> Iterator[Finding]:
    """Free, or taken by a hub that runs already."""
    wanted = [(settings.host, settings.port, socket.SOCK_STREAM, "--port")]
    if not settings.livekit_url:
        tcp_port = settings.relay_tcp_port
        media_tcp = settings.relay_udp_port if tcp_port is None else tcp_port
        wanted += [
            (settings.host, settings.relay_port, socket.SOCK_STREAM, "--relay-port"),
            (settings.host, settings.relay_udp_port, socket.SOCK_DGRAM, "--relay-udp-port"),
            (settings.host, media_tcp, socket.SOCK_STREAM, "--relay-tcp-port"),
        ]
    for host, port, kind, flag in wanted:
        protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
        params: dict[str, object] = {"protocol": protocol, "host": host, "port": port, "flag": flag}
        refusal = _refusal(host, port, kind)
        if refusal is None:
            yield Finding(N_("Port"), Verdict.OK, N_("{protocol} {host}:{port} is free"), params=params)
        else:
            params["reason"] = refusal
            remedy = N_("Fine if the hub is already running; otherwise choose another with {flag}.")
            yield Finding(N_("Port"), Verdict.WARNING, "{protocol} {host}:{port}: {reason}", remedy, params)


def _refusal(host: str, port: int, kind: socket.SocketKind) -> str | None:
    """Why the port cannot be had; None where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, kind) as sock:
            if kind == socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return None


def addresses(settings: Settings) -> Iterator[Finding]:
    """Where rooms send their media: loopback alone reaches nobody, and no Firefox on this machine."""
    if settings.livekit_url:
        return
    found = [c.address for c in host_candidates(settings.host, settings.relay_udp_port, settings.advertise)]
    reachable = any(not (a.startswith("127.") or a == "::1") for a in found)
    params = {"addresses": ", ".join(found)}
    if reachable:
        yield Finding(N_("Media addresses"), Verdict.OK, "{addresses}", params=params)
    else:
        remedy = N_(
            "Only this machine reaches it, and Firefox not even here: it sends no media to loopback "
            "addresses. Listen with --host 0.0.0.0, or name an address by --advertise."
        )
        yield Finding(N_("Media addresses"), Verdict.WARNING, "{addresses}", remedy, params)


def certificate(settings: Settings) -> Iterator[Finding]:
    """Browsers open cameras on HTTPS pages only."""
    name = N_("TLS certificate")
    if settings.tls_cert is None or settings.tls_key is None:
        if settings.public_url and settings.public_url.startswith("https://"):
            yield Finding(name, Verdict.OK, N_("a proxy's, at {url}"), params={"url": settings.public_url})
        else:
            remedy = N_("`confhub tls init` makes one; browsers open cameras on HTTPS pages only.")
            yield Finding(name, Verdict.WARNING, N_("none: pages are plain HTTP"), remedy)
        return
    try:
        tls.server_context(settings.tls_cert, settings.tls_key)
        ends = x509.load_pem_x509_certificate(settings.tls_cert.read_bytes()).not_valid_after_utc
    except (StartError, ValueError) as error:
        yield Finding(name, Verdict.FAULT, "{reason}", params={"reason": str(error)})
        return
    left = ends - datetime.now(UTC)
    verdict = Verdict.FAULT if left < timedelta(0) else Verdict.WARNING if left < RENEW_BEFORE else Verdict.OK
    remedy = "" if verdict is Verdict.OK else N_("Renew it; the hub takes the new files without a restart.")
    params = {"date": ends.date().isoformat(), "days": left.days}
    yield Finding(name, verdict, N_("valid until {date} ({days} days)"), remedy, params)


def cluster(settings: Settings) -> Iterator[Finding]:
    """A LiveKit cluster that answers to the key."""
    if not settings.livekit_url:
        return
    params: dict[str, object] = {"url": settings.livekit_url}
    try:
        asyncio.run(_ask(settings))
    except (EngineRefused, EngineUnavailable) as error:
        params["reason"] = str(error)
        remedy = N_("Check --livekit-url, --livekit-key and CONFHUB_LIVEKIT_SECRET.")
        yield Finding(N_("LiveKit"), Verdict.FAULT, "{url}: {reason}", remedy, params)
    else:
        yield Finding(N_("LiveKit"), Verdict.OK, N_("{url} answers"), params=params)


async def _ask(settings: Settings) -> None:
    assert settings.livekit_url is not None, "asked only where one is set"
    engine = MediaEngine(
        settings.livekit_url, settings.livekit_key, settings.livekit_secret, SystemClock(), verify_tls=True
    )
    try:
        await engine.start()
    finally:
        await engine.close()
