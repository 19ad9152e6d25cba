"""H.264 payloads (RFC 6184): whether one starts a picture from which decoding can begin."""

from __future__ import annotations

_IDR, _SPS = 5, 7
_STAP_A, _FU_A = 24, 28


def is_keyframe_start(payload: bytes) -> bool:
    """A parameter set or the start of an IDR slice, alone, in a STAP-A or as first fragment. Never raises."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == _FU_A:
        return len(payload) > 1 and payload[1] & 0x80 != 0 and payload[1] & 0x1F in (_IDR, _SPS)
    if kind == _STAP_A:
        return any(unit in (_IDR, _SPS) for unit in _aggregated(payload))
    return kind in (_IDR, _SPS)


def _aggregated(payload: bytes) -> list[int]:
    """NAL unit types inside a STAP-A; a truncated tail is left out."""
    kinds: list[int] = []
    at = 1
    while at + 3 <= len(payload):
        kinds.append(payload[at + 2] & 0x1F)
        at += 2 + (payload[at] << 8 | payload[at + 1])
    return kinds
