"""Choices read from an input's bytes: the same bytes always make the same choices; the end gives zeros."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Source:
    """Reads from the front. Never raises."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        """Nothing is left."""
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        """At most `size` bytes."""
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(len(self._data))

    def number(self, size: int = 1) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size).ljust(size, b"\0"), "big")

    def signed(self, size: int = 1) -> int:
        """A signed number of `size` bytes."""
        return int.from_bytes(self.take(size).ljust(size, b"\0"), "big", signed=True)

    def flag(self) -> bool:
        """True or false."""
        return self.number() & 1 == 1

    def pick(self, choices: Sequence[_T]) -> _T:
        """One of them."""
        return choices[self.number() % len(choices)]

    def piece(self) -> bytes:
        """Bytes with a length of two bytes before them."""
        return self.take(self.number(2))

    def pieces(self, most: int) -> Iterator[bytes]:
        """Pieces until nothing is left, at most `most`."""
        for _ in range(most):
            if self.is_empty:
                return
            yield self.piece()


def packed(*pieces: bytes) -> bytes:
    """What `Source.pieces` takes apart."""
    return b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces)
