"""One Python target under atheris, in its own process: `python -m fuzz.worker NAME [libFuzzer's options]`."""

from __future__ import annotations

import logging
import sys

import atheris  # type: ignore[import-untyped]

from fuzz.catalogue import TARGETS
from fuzz.law import lawful


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    target = TARGETS[sys.argv[1]]
    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=list(target.watched)):
        context = target.ready()
        feed = context.__enter__()
    again = f"{sys.executable} -m fuzz.worker {target.name}"  # how libFuzzer starts itself anew when merging
    atheris.Setup([again, *sys.argv[2:]], lawful(feed))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
