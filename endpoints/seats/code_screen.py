"""The code of a machine that is not paired, in Chromium over the whole screen."""

from __future__ import annotations

import asyncio
import html
import logging
from importlib import resources

from endpoints.asking import Asked
from endpoints.seats.kiosk import KioskOptions, open_browser, stop_browser
from endpoints.state import write_private

log = logging.getLogger(__name__)

PAGE = "pairing.html"


def code_page(asked: Asked) -> bytes:
    """The page; it reads itself again every few seconds, so that a new code takes the old one's place."""
    template = resources.files("endpoints").joinpath(f"kiosk/{PAGE}").read_text("utf-8")
    page = template.replace("{{ address }}", html.escape(asked.address, quote=True))
    return page.replace("{{ code }}", html.escape(asked.user_code, quote=True)).encode()


class CodeScreen:
    """See asking.Screen. Where the browser cannot be started the terminal shows the code alone."""

    def __init__(self, options: KioskOptions) -> None:
        self._options = options
        self._page = options.folder / PAGE
        self._browser: asyncio.subprocess.Process | None = None

    async def show(self, asked: Asked) -> None:
        """A new code: the page is written anew, and the browser opened where it is not open."""
        try:
            await asyncio.to_thread(write_private, self._page, code_page(asked))
            if self._browser is None or self._browser.returncode is not None:
                self._browser = await open_browser(self._options, self._page)
        except OSError as error:
            log.warning("the code cannot be shown in a browser: %s", error.strerror)

    async def close(self) -> None:
        """The browser goes, and the page."""
        if self._browser is not None:
            await stop_browser(self._browser)
        await asyncio.to_thread(self._page.unlink, missing_ok=True)
