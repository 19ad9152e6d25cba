"""Checks of what others could read: files, the network, command lines, mail, and how long people are kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from confhub.cli.doctor.findings import N_, Finding, Verdict
from confhub.db.database import Database
from confhub.kernel import private
from confhub.kernel.errors import StartError
from confhub.people import retention as people_retention
from confhub.settings import OPTIONS, Settings

KNOWN_SECRETS = frozenset({"secret", "devkey", "password", "confhub", "changeme", "postgres", "admin"})
"""What examples and first trials use."""


def permissions(settings: Settings) -> Iterator[Finding]:
    """The data folder holds people, keys, and hashes of passwords."""
    name, folder = N_("Who reads the data folder"), settings.data_dir
    if not folder.exists():
        return
    found = private.openness(folder)
    params: dict[str, object] = {"folder": folder}
    if found.foreign:
        params.update(first=found.foreign[0], count=len(found.foreign))
        remedy = N_("Give the whole folder to the hub's user: `chown -R`.")
        yield Finding(name, Verdict.FAULT, N_("{count} of another user, {first} first"), remedy, params)
    if found.ours:
        params.update(first=found.ours[0], count=len(found.ours))
        remedy = N_("`chmod -R go= {folder}`; `confhub run` does it at its start.")
        yield Finding(name, Verdict.WARNING, N_("{count} open to others, {first} first"), remedy, params)
    if not found.foreign and not found.ours:
        yield Finding(name, Verdict.OK, N_("the hub's user alone"))


def network(settings: Settings) -> Iterator[Finding]:
    """Passwords and tokens in clear are everybody's on that network."""
    if settings.plain_on_network:
        remedy = N_(
            "Give --tls-cert and --tls-key, or put a proxy with TLS before it and name --public-url and "
            "--trusted-proxies."
        )
        params = {"host": settings.host}
        yield Finding(
            N_("Plain HTTP"),
            Verdict.FAULT,
            N_("passwords cross the network of {host} in clear"),
            remedy,
            params,
        )


def mail(settings: Settings) -> Iterator[Finding]:
    """Reports name people; the mail server's password opens its mailbox."""
    if settings.smtp_url is None:
        return
    name = N_("Mail")
    if settings.mail_in_clear:
        remedy = N_("Take ?tls=none from --smtp-url; smtp:// then demands STARTTLS.")
        yield Finding(name, Verdict.WARNING, N_("reports leave in clear"), remedy)
    else:
        params = {"domains": ", ".join(settings.recipients_allowed)}
        yield Finding(name, Verdict.OK, N_("encrypted, to {domains}"), params=params)


def arguments(settings: Settings, processes: Path = Path("/proc")) -> Iterator[Finding]:
    """Command lines are read by every user of the machine: this one's, and those of hubs that run."""
    seen = set(settings.exposed)
    for line in _command_lines(processes):
        if not any("confhub" in part for part in line[:4]):
            continue
        for option in OPTIONS:
            if option.secret is None:
                continue
            for at, part in enumerate(line):
                flag, _, value = part.partition("=")
                if flag == option.flags and option.secret(value or "".join(line[at + 1 : at + 2])):
                    seen.add(option.flags)
    name = N_("Secrets on command lines")
    if not seen:
        yield Finding(name, Verdict.OK, N_("none"))
        return
    remedy = N_("Use the flag that ends in -file, or the variable.")
    yield Finding(name, Verdict.WARNING, "{flags}", remedy, {"flags": ", ".join(sorted(seen))})


def _command_lines(processes: Path) -> Iterator[list[str]]:
    for path in processes.glob("[0-9]*/cmdline"):
        if path.parent.name == str(os.getpid()):
            continue
        try:
            yield path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended


def default_secrets(settings: Settings) -> Iterator[Finding]:
    """Secrets that stand in examples, and passwords that repeat the user's name."""
    database = urlsplit(settings.database_url)
    weak = []
    if settings.livekit_url and settings.livekit_secret.lower() in KNOWN_SECRETS:
        weak.append("CONFHUB_LIVEKIT_SECRET")
    if settings.turn and settings.turn_secret.lower() in KNOWN_SECRETS:
        weak.append("CONFHUB_TURN_SECRET")
    if database.password and database.password.lower() in {*KNOWN_SECRETS, (database.username or "").lower()}:
        weak.append("CONFHUB_DATABASE_URL")
    if settings.lrs_secret and settings.lrs_secret.lower() in {*KNOWN_SECRETS, settings.lrs_key.lower()}:
        weak.append("CONFHUB_LRS_SECRET")
    if weak:
        remedy = N_("Choose long random ones: `openssl rand -base64 32`.")
        params = {"names": ", ".join(weak)}
        yield Finding(
            N_("Default passwords"), Verdict.FAULT, N_("known to everybody: {names}"), remedy, params
        )


def retention(settings: Settings) -> Iterator[Finding]:
    """How long people are kept is the organization's word; for ever is none."""
    database = Database(settings.database_url)
    if database.is_sqlite and not os.path.exists(str(database.url.database)):
        return
    try:
        limits, is_on = asyncio.run(_limits(database))
    except (SQLAlchemyError, StartError, OSError):
        return  # the database's own check says why
    name = N_("Retention of people")
    if limits and is_on:
        yield Finding(name, Verdict.OK, N_("applied every day"))
    else:
        found = N_("limits are set, and not applied") if limits else N_("people are kept for ever")
        yield Finding(
            name, Verdict.WARNING, found, N_("Set the limits on the page Privacy, and switch them on.")
        )


async def _limits(database: Database) -> tuple[bool, bool]:
    try:
        async with database.reading() as tx:
            kept = await people_retention.stored(tx)
            months = (kept.contact_months, kept.person_months, kept.looks_months)
            return any(one is not None for one in months), kept.is_on
    finally:
        await database.close()
