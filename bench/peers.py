"""Programs of other makers that tests and benchmarks run beside ours: where they are looked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

LIVEKIT_MODULE = "github.com/livekit/livekit-server/cmd/server@v1.9.11"
_NEWER_GO = Path(".cache") / "confhub" / "go" / "bin" / "go"
_GO_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")


class Missing(Exception):
    """A program is not there; the text says how to get it."""


def go() -> Path:
    """Go's own command: the newer one of scripts/peers.sh, else on PATH, or where Go and Debian put it.
    Raises Missing."""
    for found in (Path.home() / _NEWER_GO, shutil.which("go"), *_GO_PLACES):
        if found and Path(found).exists():
            return Path(found)
    raise Missing("no Go: install it (Debian's golang, or from its makers) and put it on PATH")


def livekit_server() -> Path:
    """CONFHUB_TEST_LIVEKIT, then `livekit-server` on PATH, then where `go install` puts it. Raises
    Missing."""
    named = os.environ.get("CONFHUB_TEST_LIVEKIT")
    if named:
        if not Path(named).exists():
            raise Missing(f"CONFHUB_TEST_LIVEKIT names {named}, which does not exist")
        return Path(named)
    found = shutil.which("livekit-server")
    if found:
        return Path(found)
    installed = _go_bin() / "server"
    if installed.exists():
        return installed
    raise Missing(f"no LiveKit server: `go install {LIVEKIT_MODULE}`, or name one by CONFHUB_TEST_LIVEKIT")


def livekit_version() -> str:
    """What the server says of itself. Raises Missing."""
    done = subprocess.run([livekit_server(), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "livekit-server"


def main(wanted: str) -> int:
    """For scripts: "go", "livekit-server", "livekit-module" or "livekit-version" on stdout; 1 if missing."""
    finders = {"go": go, "livekit-server": livekit_server, "livekit-version": livekit_version}
    try:
        print(LIVEKIT_MODULE if wanted == "livekit-module" else finders[wanted]())
    except Missing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _go_bin() -> Path:
    """GOBIN, or GOPATH's bin, as `go env` would say; Go itself need not be there any more."""
    named = os.environ.get("GOBIN")
    if named:
        return Path(named)
    paths = os.environ.get("GOPATH", "").split(os.pathsep)
    return Path(paths[0] or Path.home() / "go") / "bin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
