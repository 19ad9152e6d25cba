"""RelayProcess: the hub's own relay, started, watched, restarted, and adopted after the hub's death."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """How the relay is to be started. Ports 0 mean: any free one, kept over restarts."""

    data_dir: Path
    host: str
    port: int
    udp_port: int
    advertise: Sequence[str] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    webhook_urls: Sequence[str] = ()
    log_level: str = "info"


class RelayProcess:
    """`async with`-able. After `start`, `url`, `key` and `secret` are what MediaEngine takes."""

    def __init__(self, options: RelayOptions) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Adopt the relay a dead hub left behind, or start one and wait for its ready line. Keys are made
        once into the data folder (0600). StartError naming the setting where it cannot be."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Ask the relay to end, wait for it, kill it after a grace time."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """`http(s)://127.0.0.1:port`."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        raise NotImplementedError

    @property
    def secret(self) -> str:
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """The relay's process, None while it is down."""
        raise NotImplementedError

    @property
    def restarts(self) -> int:
        """How often it had to be started again."""
        raise NotImplementedError
