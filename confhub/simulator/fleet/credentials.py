"""The file of rooms' credentials: JSON lines {"code", "credential"}."""

from __future__ import annotations

import json
from pathlib import Path

from endpoints.agent.agent import RoomIdentity

MAX_ROOMS = 10_000  # one process simulates hundreds; a larger file is a wrong file
MAX_LINE_BYTES = 4096


class CredentialsError(ValueError):
    """A line of the file is wrong; the text names it."""


def parse(data: bytes) -> list[RoomIdentity]:
    """The rooms in the file's order. Raises CredentialsError."""
    rooms: list[RoomIdentity] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        if len(rooms) >= MAX_ROOMS:
            raise CredentialsError(f"line {number}: more than {MAX_ROOMS} rooms")
        rooms.append(_room(number, line))
    codes = [room.code for room in rooms]
    if len(set(codes)) != len(codes):
        raise CredentialsError("a code stands in the file twice")
    return rooms


def _room(number: int, line: bytes) -> RoomIdentity:
    try:
        record = json.loads(line) if len(line) <= MAX_LINE_BYTES else None
    except (ValueError, RecursionError) as error:
        raise CredentialsError(f"line {number}: not JSON") from error
    code = record.get("code") if isinstance(record, dict) else None
    credential = record.get("credential") if isinstance(record, dict) else None
    if not isinstance(code, str) or not isinstance(credential, str) or not code or not credential:
        raise CredentialsError(f'line {number}: not {{"code", "credential"}}')
    if not credential.isascii() or not credential.isprintable():
        raise CredentialsError(f"line {number}: credential with characters that no credential has")
    return RoomIdentity(code, credential)


def load(path: Path) -> list[RoomIdentity]:
    """Reads a file. Raises CredentialsError, OSError."""
    return parse(path.read_bytes())
