"""Documents looked through in a process of their own: bounded in memory, CPU, time, and number at once."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from confhub.agenda import errors
from confhub.agenda.limits import DOCUMENT_MAX_BYTES
from confhub.files.drawing import drawn_at_once

AT_ONCE: Final = 1
"""It may take a core and a gigabyte."""

WAITING_MAX: Final = 4
"""Documents that wait for their turn with their 20 MB each; more are sent away."""

WALL_MAX_S: Final = 60.0
"""Whatever costs more than `pdf_process.CPU_MAX_S` of work is ended there: what takes so long on the clock
was not let work."""


class PdfChecking:
    """One for the whole hub, so that the number at once is the hub's."""

    def __init__(self, *, wall_max_s: float = WALL_MAX_S) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._taken = 0
        self._wall_max_s = wall_max_s

    async def pages(self, content: bytes) -> int:
        """How many pages the document has. Raises a kind of `DocumentRefused`, `CheckingBusy`,
        `CheckedLate`."""
        if len(content) > DOCUMENT_MAX_BYTES:
            raise errors.DocumentTooLarge(field="file", max_mb=DOCUMENT_MAX_BYTES >> 20)
        if self._taken >= AT_ONCE + WAITING_MAX:
            raise errors.CheckingBusy(retry_after_s=10)
        self._taken += 1
        try:
            async with self._turn, asyncio.timeout(self._wall_max_s):
                answer = json.loads(await drawn_at_once("confhub.agenda.pdf_process", content))
        except TimeoutError:
            raise errors.CheckedLate from None
        except RuntimeError:  # it was ended for what it cost
            raise errors.PdfTooCostly(field="file") from None
        finally:
            self._taken -= 1
        if refused := answer.get("refused"):
            raise getattr(errors, refused)(field="file", **answer["params"])
        return int(answer["pages"])
