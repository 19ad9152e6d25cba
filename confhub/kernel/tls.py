"""A server's TLS context that takes a renewed certificate without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from confhub.kernel.errors import StartError

CHECK_INTERVAL_S = 30.0
"""How often the files are looked at; a renewed certificate is in use within this time."""

log = logging.getLogger(__name__)


def server_context(cert: Path, key: Path) -> ssl.SSLContext:
    """A TLS 1.2+ server context. Raises StartError naming the file that cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"--tls-cert {cert}, --tls-key {key}: cannot be used ({error}).") from error
    return context


def _stamp(*paths: Path) -> tuple[tuple[int, int], ...]:
    stats = [path.stat() for path in paths]
    return tuple((stat.st_mtime_ns, stat.st_ino) for stat in stats)


@asynccontextmanager
async def reloading(
    context: ssl.SSLContext, cert: Path, key: Path, interval_s: float = CHECK_INTERVAL_S
) -> AsyncIterator[None]:
    """While the block runs, new handshakes use the newest files. Unusable files are logged, the old stay."""

    seen = await asyncio.to_thread(_stamp, cert, key)

    async def watch() -> None:
        nonlocal seen
        while True:
            await asyncio.sleep(interval_s)
            try:
                now = await asyncio.to_thread(_stamp, cert, key)
                if now != seen:
                    # A half-written pair is refused by a context of its own before the live one is touched.
                    await asyncio.to_thread(server_context, cert, key)
                    context.load_cert_chain(cert, key)  # here: a handshake meanwhile would read what changes
                    seen = now
                    log.info("tls.reloaded", extra={"cert": str(cert)})
            except (OSError, ssl.SSLError, StartError) as error:
                log.warning("tls.not_reloaded: %s", error)

    task = asyncio.create_task(watch(), name="tls-reload")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
