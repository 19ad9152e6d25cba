"""The systemd unit that is shipped with the package."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

FALLBACK = "/usr/bin/confhub-endpoint"


def unit_text(program: str) -> str:
    """The unit with the path of this installation's command."""
    text = resources.files("endpoints").joinpath("systemd/confhub-endpoint.service").read_text("utf-8")
    found = program if Path(program).is_absolute() else shutil.which("confhub-endpoint")
    return text.replace("@PROGRAM@", found or FALLBACK)
