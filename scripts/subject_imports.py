"""How often one subject imports another's tables: `python scripts/subject_imports.py [--list]`.

A subject's `models.py` is its own; others ask what it publishes. A house test holds a ceiling.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Import(NamedTuple):
    """`names` of `owner`'s models, imported at `place` (file and line)."""

    owner: str
    place: str
    names: tuple[str, ...]


def cross_imports() -> Iterator[Import]:
    """Every import of a subject's `models` from outside of it, but for migrations."""
    for path in sorted((ROOT / "confhub").rglob("*.py")):
        inside = path.relative_to(ROOT / "confhub").parts
        if "migrations" in inside:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("confhub."):
                continue
            package = str(node.module).split(".")
            named = tuple(alias.name for alias in node.names)
            reaches = package[2:] == ["models"] or (len(package) == 2 and "models" in named)
            if reaches and package[1] != inside[0]:
                yield Import(package[1], f"{path.relative_to(ROOT)}:{node.lineno}", named)


def main() -> None:
    """Print the counts by owner; with `--list` each import."""
    found = list(cross_imports())
    if "--list" in sys.argv[1:]:
        for one in sorted(found):
            sys.stdout.write(f"{one.owner} {one.place} {', '.join(one.names)}\n")
    for owner, count in Counter(one.owner for one in found).most_common():
        sys.stdout.write(f"{owner:12} {count:4}\n")
    sys.stdout.write(f"{'all':12} {len(found):4}\n")


if __name__ == "__main__":
    main()
