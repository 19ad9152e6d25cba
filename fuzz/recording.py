"""A recorded session: what two real clients sent, message by message; and how it is damaged."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fuzz.catalogue import HERE

SESSION = HERE / "recordings" / "session.gz"
"""Two SDK clients, one connection and two; written by `python -m fuzz.record`."""
DATAGRAM, SIGNAL, RTP, RTCP, SCTP = b"DSRCP"
"""As it came over UDP; a SignalRequest; and, with the peer's encryption taken off, RTP, RTCP and SCTP."""
MAX_FILE_BYTES = 150 * 1024


class Record(NamedTuple):
    """One message. `client`: 0 or 1."""

    kind: int
    client: int
    data: bytes


def dump(records: Iterable[Record]) -> bytes:
    """The file's content."""
    parts = [bytes((r.kind, r.client)) + len(r.data).to_bytes(3, "big") + r.data for r in records]
    return gzip.compress(b"".join(parts), 9, mtime=0)


def load(path: Path = SESSION) -> list[Record]:
    """The records in the order they came."""
    content = gzip.decompress(path.read_bytes())
    records: list[Record] = []
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at + 2 : at + 5], "big")
        records.append(Record(content[at], content[at + 1], content[at + 5 : at + 5 + size]))
        at += 5 + size
    return records


def damaged(records: list[Record], dice: random.Random, copies: int) -> Iterator[Record]:
    """The records `copies` times: as they are, truncated, with bits flipped, pieces swapped, or out of
    order."""
    for _ in range(copies):
        order = list(records)
        if dice.random() < 0.5:
            for _ in range(len(order) // 4):
                a, b = dice.randrange(len(order)), dice.randrange(len(order))
                order[a], order[b] = order[b], order[a]
        for record in order:
            yield record._replace(data=damage(record.data, dice))


def damage(data: bytes, dice: random.Random) -> bytes:
    """One message, damaged in one of several ways, or left as it is."""
    return dice.choice(_DAMAGES)(bytearray(data), dice)


def _keep(data: bytearray, dice: random.Random) -> bytes:
    return bytes(data)


def _truncate(data: bytearray, dice: random.Random) -> bytes:
    return bytes(data[: dice.randint(0, len(data))])


def _flip(data: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 8) if data else 0):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def _front(data: bytearray, dice: random.Random) -> bytes:
    """Headers are at the front."""
    for _ in range(dice.randint(1, 4) if data else 0):
        data[dice.randrange(min(len(data), 24))] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
    return bytes(data)


def _splice(data: bytearray, dice: random.Random) -> bytes:
    start, end = sorted(dice.randint(0, len(data)) for _ in range(2))
    return bytes(data[:end] + data[start:])


_DAMAGES = (_keep, _truncate, _flip, _flip, _front, _front, _splice)
