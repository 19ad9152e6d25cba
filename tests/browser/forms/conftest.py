"""The same hub, browser and page as the pages' own tests."""

from tests.browser.pages.conftest import *  # noqa: F403
