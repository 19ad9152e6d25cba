"""Printing certificates: one at once, a whole course in a process of its own that tells how far it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confhub.access.rules import Actor
from confhub.files.drawing import Drawn, Shelf, drawing
from confhub.kernel.clock import Clock
from confhub.people.rules import badge_text
from confhub.training.certificate_pdf import Paper, one_pdf
from confhub.training.certificates import CertificateService
from confhub.training.errors import NothingToPrint, PrintsTooMany, PrintUnknown
from confhub.training.values import Certificate
from confhub.training.verifying import code_of

AT_ONCE: Final = 1
"""Processes drawing at a time; each takes a core for some minutes."""
WAITING_MAX: Final = 10
"""Files that are made or wait to be made."""
_LINES: Final = 500
"""Certificates handed to the process at a time."""


@dataclass(slots=True, kw_only=True)
class Print(Drawn):
    """A course's certificates on their way."""

    course_id: int


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
        self._shelf: Shelf[Print] = Shelf(clock, folder, AT_ONCE)

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
        if sum(one.going for one in self._shelf.files()) >= WAITING_MAX:
            raise PrintsTooMany()
        papers = await self._certificates.papers(actor, course_id)
        if not papers:
            raise NothingToPrint()
        key, path = await self._shelf.place("pdf")
        job = Print(key, actor.account_id, path, self._clock.now(), total=len(papers), course_id=course_id)
        self._shelf.begin(job, lambda: _draw(job, papers, home))
        return _view(job)

    def state(self, actor: Actor, print_id: str) -> PrintView:
        """How far a file of the actor's is. Raises `PrintUnknown`."""
        return _view(self._of(actor, print_id))

    def path(self, actor: Actor, print_id: str) -> Path:
        """The made file. Raises `PrintUnknown`."""
        job = self._of(actor, print_id)
        if not job.there:
            raise PrintUnknown()
        return job.path

    async def empty(self) -> None:
        """Let go of all files: somebody was erased who may be in them."""
        await self._shelf.empty()

    async def close(self) -> None:
        """End what is being drawn, and remove the files."""
        await self._shelf.close()

    def _of(self, actor: Actor, print_id: str) -> Print:
        job = self._shelf.of(actor, print_id)
        if job is None:
            raise PrintUnknown()
        return job


async def _draw(job: Print, papers: Sequence[Certificate], home: str) -> None:
    async with drawing("confhub.training.certificate_pdf", job) as stdin:
        for start in range(0, len(papers), _LINES):
            for one in papers[start : start + _LINES]:
                stdin.write(json.dumps(_json(paper_of(one, home))).encode() + b"\n")
            await stdin.drain()


def paper_of(one: Certificate, home: str) -> Paper:
    """A certificate as it is drawn."""
    url = f"{home.rstrip('/')}/verify/{one.token}"
    return Paper(one.number, url, one.revoked_at is not None, one.printed, badge_text(code_of(one.token)))


def _json(paper: Paper) -> dict[str, object]:
    return {
        "number": paper.number,
        "url": paper.url,
        "revoked": paper.revoked,
        "printed": paper.printed,
        "code": paper.code,
    }


def _view(job: Print) -> PrintView:
    return PrintView(job.id, job.course_id, job.state, job.done, job.total)
