"""The room's state folder: the credential (mode 0600 in a folder of mode 0700) and what lies beside it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

CREDENTIAL_FILE = "credential.json"
MAX_CREDENTIAL_BYTES = 64 * 1024


class StateBroken(ValueError):
    """The credential file cannot be understood."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """What pairing left behind. `ca` is the path of a CA file, empty for the system's."""

    hub: str
    code: str
    name: str
    unit: str
    credential: str
    ca: str = ""


def default_folder() -> Path:
    """systemd's STATE_DIRECTORY, else the user's XDG state folder."""
    systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if systemd:
        return Path(systemd)
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "confhub-endpoint"


def prepare(folder: Path) -> None:
    """Makes the folder, readable by its owner alone. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def write_private(path: Path, data: bytes) -> None:
    """A file that nobody else could read at any moment; replaces an older one. Raises OSError."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def save(folder: Path, pairing: Pairing) -> Path:
    """Stores the pairing; returns the file's path. Raises OSError."""
    prepare(folder)
    path = folder / CREDENTIAL_FILE
    write_private(path, json.dumps(asdict(pairing), ensure_ascii=False, indent=1).encode())
    return path


def load(folder: Path) -> Pairing | None:
    """The pairing, None when there is none. Raises StateBroken, OSError."""
    path = folder / CREDENTIAL_FILE
    if not path.exists():
        return None
    with path.open("rb") as file:
        return parse(file.read(MAX_CREDENTIAL_BYTES))


def parse(data: bytes) -> Pairing:
    """The file's content. Raises StateBroken."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StateBroken("not JSON") from error
    if not isinstance(record, dict):
        raise StateBroken("not an object")
    values = {name: record.get(name, "") for name in ("hub", "code", "name", "unit", "credential", "ca")}
    if not all(isinstance(value, str) for value in values.values()):
        raise StateBroken("a field is not a text")
    if not values["hub"] or not values["code"] or not values["credential"]:
        raise StateBroken("a field is missing")
    return Pairing(**values)
