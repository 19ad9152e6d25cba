"""The last packets of one source layer, shared by all its subscribers."""

from __future__ import annotations

from confhub.relay.forward.cargo import Cargo


class History:
    """A ring by sequence number; a packet is forgotten when its place is taken by a newer one."""

    __slots__ = ("_mask", "_ring")

    def __init__(self, size: int) -> None:
        assert size & (size - 1) == 0, "the place is found by masking"
        self._mask = size - 1
        self._ring: list[Cargo | None] = [None] * size

    def put(self, cargo: Cargo) -> bool:
        """Keep it. False if it is there already, or older than what has taken its place."""
        place = cargo.seq & self._mask
        known = self._ring[place]
        if known is not None and known.seq >= cargo.seq:
            return False
        self._ring[place] = cargo
        return True

    def get(self, seq: int) -> Cargo | None:
        """The packet of that number, if it is still kept."""
        cargo = self._ring[seq & self._mask]
        return cargo if cargo is not None and cargo.seq == seq else None

    def clear(self) -> None:
        """Forget everything."""
        self._ring = [None] * (self._mask + 1)
