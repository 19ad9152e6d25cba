"""What is put right, or said aloud, before the hub serves: open files, secrets in sight, plain HTTP."""

from __future__ import annotations

from pathlib import Path

import structlog
from rich.console import Console

from confhub.kernel import private
from confhub.settings import Settings

log = structlog.get_logger(__name__)


def tighten(folder: Path) -> None:
    """Close the data folder to others; it holds people, keys and passwords' hashes."""
    found = private.tighten(folder)
    if found.ours:
        log.warning(
            "data folder was open to others, and is closed now", folder=str(folder), paths=len(found.ours)
        )
    if found.foreign:
        log.warning(
            "data folder holds what belongs to another user", folder=str(folder), first=str(found.foreign[0]),
            paths=len(found.foreign), remedy="chown -R it to the hub's user, or choose another by --data",
        )  # fmt: skip


def warn(settings: Settings, console: Console) -> None:
    """What an operator has to know before anybody logs in."""
    for flag in settings.exposed:
        console.print(
            f"WARNING: {flag} puts a secret on the command line, where everybody on this machine reads it. "
            f"Use {flag}-file, or the variable.", highlight=False, soft_wrap=True,
        )  # fmt: skip
    if settings.mail_in_clear:
        console.print(
            "WARNING: reports and the mail server's password leave in clear (--smtp-url …?tls=none).",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    if settings.plain_on_network:
        console.print(
            "WARNING: pages, passwords and tokens cross the network in clear (plain HTTP). Give --tls-cert "
            "and --tls-key (`confhub tls init` makes them), or put a proxy with TLS before it and name both "
            "--public-url https://… and --trusted-proxies.", highlight=False, soft_wrap=True,
        )  # fmt: skip
