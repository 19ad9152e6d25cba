"""Circles of names: modules that import each other, by way of others too, type-only imports included.

`python scripts/circles.py confhub endpoints` prints each circle, largest first, and ends with 1 where
there is one. A circle is a strongly connected part of the graph of imports; those within functions and under
TYPE_CHECKING count like all others: who names another module knows it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def modules(packages: list[str], root: Path = ROOT) -> dict[str, Path]:
    """Dotted name -> file, of every module in those packages (dotted names)."""
    found: dict[str, Path] = {}
    for package in packages:
        for path in sorted((root / package.replace(".", "/")).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def graph(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """Module -> the known modules it names in an import, itself left out."""
    return {name: named(name, path, known) for name, path in known.items()}


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Each circle's modules in order of name; the largest circle first."""
    reached = {name: _reached(name, edges) for name in edges}
    found: set[tuple[str, ...]] = set()
    for name, others in reached.items():
        if name in others:
            found.add(tuple(sorted(other for other in others if name in reached[other])))
    return [list(circle) for circle in sorted(found, key=lambda circle: (-len(circle), circle))]


def _reached(name: str, edges: Mapping[str, set[str]]) -> set[str]:
    """What can be reached from there in one step or more."""
    reached: set[str] = set()
    ahead = list(edges[name])
    while ahead:
        other = ahead.pop()
        if other not in reached:
            reached.add(other)
            ahead.extend(edges[other])
    return reached


def named(
    name: str,
    path: Path,
    known: Collection[str],
    nodes: Callable[[ast.Module], Iterable[ast.AST]] = ast.walk,
) -> set[str]:
    """The known modules that imports among `nodes` of a module name, itself left out: of `from a import b`,
    `a.b` where that is known, else `a`."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")
                base = ".".join([*above[: len(above) - node.level + 1], *([base] if base else [])])
            inner = (f"{base}.{alias.name}" for alias in node.names)
            found.update(module if module in known else base for module in inner)
    return {other for other in found if other in known} - {name}


def main(packages: list[str]) -> int:
    """Print the circles of those packages; 1 where there is one."""
    found = circles(graph(modules(packages)))
    for circle in found:
        sys.stdout.write(f"{len(circle)} modules: {', '.join(circle)}\n")
    sys.stdout.write(f"{len(found)} circles in {', '.join(packages)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
