"""relay.json in the data folder: the relay's keys, made once, and the process that runs now."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from confhub.kernel.errors import StartError


@dataclass(frozen=True, slots=True)
class RelayRecord:
    """What one hub leaves to the next. `pid` None: no relay runs. `command` is how it was started."""

    key: str
    secret: str
    pid: int | None = None
    port: int = 0
    udp_port: int = 0
    tcp_port: int = 0
    instance: str = ""
    command: tuple[str, ...] = ()

    def stopped(self) -> RelayRecord:
        """The same keys, no process."""
        return replace(self, pid=None, instance="")


def load(path: Path) -> RelayRecord:
    """The stored record, or a new one with fresh keys. An unreadable file is replaced by a new one: the
    relay of that file, if it runs, is not ours any more. StartError where the folder cannot be read."""
    try:
        stored = json.loads(path.read_text())
        return RelayRecord(
            key=str(stored["key"]),
            secret=str(stored["secret"]),
            pid=int(stored["pid"]) if stored.get("pid") else None,
            port=int(stored.get("port", 0)),
            udp_port=int(stored.get("udp_port", 0)),
            tcp_port=int(stored.get("tcp_port", 0)),
            instance=str(stored.get("instance", "")),
            command=tuple(map(str, stored.get("command", ()))),
        )
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    except OSError as error:
        raise _folder_error(path, error) from error
    record = RelayRecord(key=f"hub{secrets.token_hex(4)}", secret=secrets.token_hex(32))
    save(path, record)
    return record


def save(path: Path, record: RelayRecord) -> None:
    """Write the record whole or not at all, readable by this user alone. StartError."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(record), file)
        fresh.replace(path)
    except OSError as error:
        raise _folder_error(path, error) from error


def _folder_error(path: Path, error: OSError) -> StartError:
    return StartError(
        f"--data (CONFHUB_DATA_DIR): cannot write {path.name} in {path.parent}: {error.strerror}"
    )
