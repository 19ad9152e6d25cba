"""Who goes first where processors are short: media, then the hub, then what draws and reads files for it.

Niceness as POSIX has it (−20 first, 19 last). Whoever may not raise a priority lowers the others instead.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Final

MEDIA: Final = -5
"""Three times the hub's share: a packet that is late is lost, a page that is late is late."""
BEHIND_MEDIA: Final = 2
"""What the hub takes where it may not raise the relay: two thirds of its share, and still before other
work."""
HASHING: Final = 5
"""What checking passwords steps back by: a third of the hub's share where somebody guesses by the hundred."""
CHILD: Final = 10
"""A tenth of the hub's share for what draws papers and reads files: nobody waits for it at a door."""


def prefer_media(pid: int) -> bool:
    """Let this process, just started, go before the hub; True where the system allows it. Where it does not,
    the hub steps behind: needs root, CAP_SYS_NICE or a limit (`LimitNICE=-5`) otherwise."""
    if not hasattr(os, "setpriority"):
        return False
    try:
        os.setpriority(os.PRIO_PROCESS, pid, MEDIA)
    except PermissionError:
        if os.getpriority(os.PRIO_PROCESS, 0) < BEHIND_MEDIA:
            os.setpriority(os.PRIO_PROCESS, 0, BEHIND_MEDIA)
        return False
    except ProcessLookupError:
        return False  # it ended already; who started it is told by its exit
    return True


def give_way(pid: int) -> None:
    """Let this child of the hub go last."""
    with contextlib.suppress(ProcessLookupError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, pid, CHILD)


def step_back() -> None:
    """Let the thread that calls this, and those that it starts, go behind the hub's others. Linux alone tells
    threads apart."""
    if sys.platform == "linux":
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(own + HASHING, 19))
