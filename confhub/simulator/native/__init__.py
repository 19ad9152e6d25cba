"""The compiled twin of the rooms' packet reading, and the choice between it and Python's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from pylibsrtp._binding import ffi, lib

from confhub.simulator.rtc import reading
from confhub.simulator.rtc.line import Line, PyLine
from confhub.simulator.rtc.receiver import Receiver as PyReceiver

CHOICES = ("auto", "compiled", "python")
VARIABLE = "CONFHUB_RECEIVER"  # the choice where the command line makes none
_FUNCTIONS = ("srtp_unprotect", "srtp_unprotect_rtcp", "srtp_protect")


class ReceiverMissing(Exception):
    """The compiled twin was asked for, and is not there; the text says why."""


@dataclass(frozen=True, slots=True)
class Twin:
    """One of the two: `make_reader` is called once a media thread, `receiver` makes a connection's counts,
    `line` a room's line. `reason` says why the other one was not taken."""

    name: str
    make_reader: Any
    receiver: Any
    line: Any
    reason: str = ""


def choose(wanted: str = "") -> Twin:
    """`auto` takes the compiled twin where it was built. Raises ReceiverMissing for `compiled` without it,
    ValueError for another word."""
    wanted = wanted or os.environ.get(VARIABLE, "auto")
    if wanted not in CHOICES:
        raise ValueError(wanted)
    if wanted == "python":
        return _python("asked for")
    try:
        from confhub.simulator.native import _receiver
    except ImportError as error:
        if wanted == "compiled":
            raise ReceiverMissing(str(error)) from error
        return _python(str(error))
    addresses = [int(ffi.cast("uintptr_t", ffi.addressof(lib, name))) for name in _FUNCTIONS]
    return Twin("compiled", lambda: _receiver.BurstReader(*addresses), _receiver.Receiver, _receiver.Line)


def _python(reason: str) -> Twin:
    return Twin("python", reading.SocketReader, PyReceiver, PyLine, reason)


__all__ = ["CHOICES", "Line", "ReceiverMissing", "Twin", "choose"]
