"""Printing certificates: one at once, a whole course in a process of its own that tells how far it is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from confhub.access.rules import Actor
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Conflict, NotFound
from confhub.reports.certificate_pdf import Paper, one_pdf
from confhub.training.certificates import CertificateService
from confhub.training.values import Certificate

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(hours=1)
"""How long a made file waits to be fetched: it holds names, so not for ever."""
AT_ONCE: Final = 1
"""Processes drawing at a time; each takes a core for some minutes."""
WAITING_MAX: Final = 10
"""Files that are made or wait to be made."""
_LINES: Final = 500
"""Certificates handed to the process at a time."""


class PrintUnknown(NotFound):
    code = "print_unknown"
    message = "This file is not there any more."
    remedy = "Make it again."


class NothingToPrint(Conflict):
    code = "nothing_to_print"
    message = "The course has no valid certificate yet."
    remedy = "Issue them first."


class PrintsTooMany(Conflict):
    code = "prints_too_many"
    message = "Several files are being made already."
    remedy = "Wait until one of them is done."


@dataclass(slots=True)
class Print:
    """A file on its way. `state`: waiting | drawing | done | failed."""

    id: str
    course_id: int
    account_id: int | None
    total: int
    path: Path
    started_at: datetime
    done: int = 0
    state: str = "waiting"


@dataclass(frozen=True, slots=True)
class PrintView:
    """How far it is."""

    id: str
    course_id: int
    state: str
    done: int
    total: int


class CertificatePrints:
    """Files of certificates. What may be printed the certificate service says; a file is its maker's."""

    def __init__(self, certificates: CertificateService, clock: Clock, folder: Path) -> None:
        """`folder`: where files lie until they are fetched or an hour has passed."""
        self._certificates = certificates
        self._clock = clock
        self._folder = folder
        self._prints: dict[str, Print] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def one(self, actor: Actor, certificate_id: int, home: str) -> tuple[str, bytes]:
        """(file name, PDF) of one certificate. `home`: the hub's address, for its QR code."""
        found = await self._certificates.get(actor, certificate_id)
        (paper,) = await self._certificates.papers(actor, found.course_id, only=certificate_id)
        content = await asyncio.to_thread(one_pdf, paper_of(paper, home))
        safe = "".join(char if char.isascii() and char.isalnum() else "-" for char in paper.number)
        return f"giay-chung-nhan-{safe}.pdf", content

    async def start(self, actor: Actor, course_id: int, home: str) -> PrintView:
        """Begin a file of all valid certificates that the actor may see. Raises `NothingToPrint`,
        `PrintsTooMany`."""
        self._sweep()
        if sum(one.state in ("waiting", "drawing") for one in self._prints.values()) >= WAITING_MAX:
            raise PrintsTooMany()
        papers = await self._certificates.papers(actor, course_id)
        if not papers:
            raise NothingToPrint()
        name = secrets.token_urlsafe(16)
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        job = Print(
            name, course_id, actor.account_id, len(papers), self._folder / f"{name}.pdf", self._clock.now()
        )
        self._prints[name] = job
        task = asyncio.create_task(self._make(job, papers, home), name=f"certificates-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return _view(job)

    def state(self, actor: Actor, print_id: str) -> PrintView:
        """How far a file of the actor's is. Raises `PrintUnknown`."""
        return _view(self._of(actor, print_id))

    def path(self, actor: Actor, print_id: str) -> Path:
        """The made file. Raises `PrintUnknown`."""
        job = self._of(actor, print_id)
        if job.state != "done" or not job.path.is_file():
            raise PrintUnknown()
        return job.path

    async def close(self) -> None:
        """End what is being drawn, and remove the files."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._prints.values():
            job.path.unlink(missing_ok=True)
        self._prints.clear()

    def _of(self, actor: Actor, print_id: str) -> Print:
        self._sweep()
        job = self._prints.get(print_id)
        if job is None or job.account_id != actor.account_id:
            raise PrintUnknown()
        return job

    def _sweep(self) -> None:
        oldest = self._clock.now() - KEPT
        for job in [one for one in self._prints.values() if one.started_at < oldest]:
            if job.state in ("done", "failed"):
                job.path.unlink(missing_ok=True)
                del self._prints[job.id]

    async def _make(self, job: Print, papers: Sequence[Certificate], home: str) -> None:
        try:
            async with self._turn:
                job.state = "drawing"
                await _draw(job, papers, home)
            job.done, job.state = job.total, "done"
        except asyncio.CancelledError:
            raise
        except Exception:  # containment: one file's fault costs that file only
            log.exception("certificates not drawn", course=job.course_id)
            job.state = "failed"


async def _draw(job: Print, papers: Sequence[Certificate], home: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "confhub.reports.certificate_pdf", str(job.path),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    told = asyncio.create_task(_listen(job, process.stdout))
    try:
        for start in range(0, len(papers), _LINES):
            for one in papers[start : start + _LINES]:
                process.stdin.write(json.dumps(_json(paper_of(one, home))).encode() + b"\n")
            await process.stdin.drain()
        process.stdin.close()
        await told
        if await process.wait() != 0:
            raise RuntimeError(f"the drawing process ended with {process.returncode}")
    finally:
        told.cancel()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _listen(job: Print, lines: asyncio.StreamReader) -> None:
    async for line in lines:
        job.done = int(line)


def paper_of(one: Certificate, home: str) -> Paper:
    """A certificate as it is drawn."""
    url = f"{home.rstrip('/')}/verify/{one.token}"
    return Paper(one.number, url, one.revoked_at is not None, one.printed)


def _json(paper: Paper) -> dict[str, object]:
    return {
        "number": paper.number,
        "url": paper.url,
        "revoked": paper.revoked,
        "printed": paper.printed,
    }


def _view(job: Print) -> PrintView:
    return PrintView(job.id, job.course_id, job.state, job.done, job.total)
