"""Says in one line which compiled twins are missing here; silent where all are built."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("confhub/relay/native", "confhub/simulator/native")


def missing() -> list[str]:
    """Dotted names of the twins that cannot be imported."""
    names = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("*.pyx")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            try:
                importlib.import_module(name)
            except ImportError:
                names.append(name)
    return names


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if names := missing():
        sys.stdout.write(
            f"Not compiled here: {', '.join(names)}. confhub runs on its Python twins, which need several "
            "times the CPU for media. Missing: a C compiler or Python's headers (gcc, python3-dev); "
            "`make native` shows the compiler's words.\n"
        )
