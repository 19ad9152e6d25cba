"""Debian's Firefox, driven by Playwright over WebDriver BiDi, with fake devices."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright

MICROPHONE_HZ = 660
_BRIDGE = Path(__file__).with_name("firefox_bridge.py")
_PREFERENCES: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.audio.fake_frequency": MICROPHONE_HZ,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.url": "",  # no codec is to be had from outside: pictures are VP8
}


@asynccontextmanager
async def firefox(playwright: Playwright, folder: Path) -> AsyncIterator[Browser]:
    """A browser of its own; `folder` is for a file.

    It never pairs its own addresses with a loopback one: media servers must listen on every interface.
    """
    if shutil.which("firefox-esr") is None:
        reason = "no firefox-esr on the PATH: install Debian's package"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    program = folder / "firefox"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_BRIDGE}" "$@"\n')
    program.chmod(0o755)
    browser = await playwright.firefox.launch(
        channel="moz-firefox", executable_path=program, firefox_user_prefs=_PREFERENCES
    )
    try:
        yield browser
    finally:
        await browser.close()
