"""Reliable messages for a client that is here, but whose data channel is not open yet."""

from __future__ import annotations

from confhub.relay.room import limits

_RELIABLE = "_reliable"


class Early:
    """Between the news of somebody and its channel lie its handshakes: what is said meanwhile waits."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._bytes = 0
        self._is_over = False

    def hold(self, label: str, payload: bytes) -> bool:
        """Keep it until `take`; False: dropped (not reliable, too much, or it was open before)."""
        is_kept = label == _RELIABLE and not self._is_over
        if not is_kept or self._bytes + len(payload) > limits.EARLY_DATA_BYTES:
            return False
        self._held.append(payload)
        self._bytes += len(payload)
        return True

    def take(self, label: str) -> list[bytes]:
        """A channel has opened: what waited for it, in order, once."""
        if label != _RELIABLE:
            return []
        held, self._held, self._is_over = self._held, [], True
        return held
