"""Which fonts the browser really drew the pages with: every Vietnamese letter comes from the shipped font."""

from __future__ import annotations

import unicodedata

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import CDPSession, Page

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province

TONES = ("", "\N{COMBINING GRAVE ACCENT}", "\N{COMBINING ACUTE ACCENT}", "\N{COMBINING HOOK ABOVE}",
         "\N{COMBINING TILDE}", "\N{COMBINING DOT BELOW}")  # fmt: skip
VOWELS = "aăâeêioôơuưy"
LETTERS = (
    "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES)
    + "đbcdghklmnpqrstvx"
)
ALPHABET = LETTERS + LETTERS.upper()
WEIGHTS = (400, 450, 500, 550, 600, 650, 700)
"""Every weight that the style sheets name."""


async def fonts(cdp: CDPSession, selector: str) -> set[tuple[str, bool]]:
    """(family, whether the page brought it) of the letters under each element that `selector` finds."""
    root = (await cdp.send("DOM.getDocument"))["root"]["nodeId"]
    found = await cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})
    used: set[tuple[str, bool]] = set()
    for node in found["nodeIds"]:
        answer = await cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node})
        used |= {(font["familyName"], font["isCustomFont"]) for font in answer["fonts"]}
    return used


async def open_page(page: Page, server: TestServer, path: str) -> CDPSession:
    origin = str(server.make_url("/"))
    await page.context.add_cookies([{"name": "confhub_language", "value": "vi", "url": origin}])
    await page.goto(path)
    await page.evaluate("document.fonts.ready.then(() => null)")
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("DOM.enable")
    await cdp.send("CSS.enable")
    return cdp


async def test_every_vietnamese_letter_of_every_weight_is_of_one_font(page: Page, server: TestServer) -> None:
    cdp = await open_page(page, server, "/setup")
    await page.evaluate(
        """async ([text, weights]) => {
          document.querySelector("h1").replaceChildren(...weights.map((weight) => {
            const part = document.createElement("span");
            part.className = "every-letter";
            part.style.fontWeight = weight;
            part.textContent = text;
            return part;
          }));
          const loading = (weight) => document.fonts.load(`${weight} 16px "Be Vietnam Pro"`, text);
          await Promise.all(weights.map(loading));
          await document.fonts.ready;
        }""",
        [ALPHABET, WEIGHTS],
    )
    used = await fonts(cdp, ".every-letter")
    assert {(family.startswith("Be Vietnam Pro"), ours) for family, ours in used} == {(True, True)}, used


@pytest.mark.parametrize("path", ["/", "/units", "/endpoints/1", "/fleet", "/people"])
async def test_headings_buttons_and_tables_use_the_shipped_font_alone(
    page: Page, server: TestServer, services: Services, setup_code: SetupCode, province: Province, path: str
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    await log_in(page)
    cdp = await open_page(page, server, path)
    used = await fonts(cdp, "h1, h2, h3, th, .btn, .nav-link span, label, p, td:not(.code), .form-hint")
    assert used
    assert {(family.startswith("Be Vietnam Pro"), ours) for family, ours in used} == {(True, True)}, used
