"""The programs' code, read once a run for all rules that look through it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module, itself first, as `ast.walk` gives them."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))
