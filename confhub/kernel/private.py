"""What is nobody else's on this machine: files of the hub, and what its helpers are told by environment."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PRIVATE_UMASK: Final = 0o077
"""New files are their maker's alone: database, its log, keys, prints, reports, logs."""

OTHERS: Final = 0o077
"""Every right of group and others."""

_INHERITED: Final = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
    "PYTHONPATH", "PYTHONHOME", "PYTHONUNBUFFERED", "PYTHONWARNINGS", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE",
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "SYSTEMD_EXEC_PID", "COVERAGE_PROCESS_START", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "XDG_DATA_DIRS",
    "XDG_CACHE_HOME", "CONFHUB_FANOUT",
)  # fmt: skip
"""What a program needs to run at all; nothing of it is a secret."""


def only_mine() -> None:
    """From now on this process makes files and folders that nobody else may read."""
    os.umask(PRIVATE_UMASK)


def child_environment(**told: str) -> dict[str, str]:
    """For a helper's process: what it needs to run, and `told`; none of the hub's own secrets."""
    kept = {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("LC_")}
    return {**kept, **told}


@dataclass(frozen=True, slots=True)
class Openness:
    """Paths of a folder that others may get at. `ours`: our user's, open to others; `foreign`: another's."""

    ours: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()


def openness(folder: Path) -> Openness:
    """Looks at the folder and all below it; links are not followed. What vanishes meanwhile is nothing."""
    ours: list[Path] = []
    foreign: list[Path] = []
    me = os.geteuid()
    for top, folders, names in os.walk(folder):
        for path in (Path(top), *(Path(top, name) for name in names)):
            try:
                found = path.lstat()
            except OSError:
                continue
            if stat.S_ISLNK(found.st_mode):
                continue
            if found.st_uid != me:
                foreign.append(path)
            elif stat.S_IMODE(found.st_mode) & OTHERS:
                ours.append(path)
        folders[:] = [name for name in folders if not Path(top, name).is_symlink()]
    return Openness(tuple(ours), tuple(foreign))


def tighten(folder: Path) -> Openness:
    """Close to others what is ours below `folder`; what was open, and what is somebody else's."""
    found = openness(folder)
    for path in found.ours:
        try:
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
        except FileNotFoundError:
            continue
    return found
