"""A memory of bounded size."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The newest of many things by name; the oldest are forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[str, Value] = OrderedDict()

    def get(self, name: str) -> Value | None:
        return self._found.get(name)

    def put(self, name: str, value: Value) -> None:
        self._found[name] = value
        self._found.move_to_end(name)
        while len(self._found) > self._most:
            self._found.popitem(last=False)

    def drop(self, name: str) -> None:
        self._found.pop(name, None)
