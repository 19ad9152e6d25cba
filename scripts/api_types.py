"""Makes web/types/api.d.ts, the API's types for the pages' scripts, from the OpenAPI document.

Run by `make lint`; does nothing where the document is the one that the types were made from.
Git ignores the file.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
TYPES = ROOT / "web" / "types" / "api.d.ts"
LOCK = ROOT / "package-lock.json"
PROGRAM = ROOT / "node_modules" / ".bin" / "openapi-typescript"


def main() -> int:
    """0 when the types stand there; else the generator's own status."""
    text = DOCUMENT.read_text("utf-8")
    made_from = LOCK.read_bytes() + Path(__file__).read_bytes() + text.encode()
    mark = f"// {hashlib.sha256(made_from).hexdigest()}\n"
    if TYPES.exists() and TYPES.read_text("utf-8").startswith(mark):
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "api.d.ts")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        command = [str(PROGRAM), str(DOCUMENT), "--output", str(made), "--default-non-nullable=false"]
        done = subprocess.run(
            command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.stderr.write(done.stdout + done.stderr)
            return done.returncode
        TYPES.write_text(mark + made.read_text("utf-8"), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
