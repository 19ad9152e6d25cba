"""The compiled packet path, and which of the twins runs: chosen once, at a relay's start.

Where it is built, `Lane` and `SendPath` are compiled for either choice, as both fan-outs run on them; with
CONFHUB_FANOUT=python in the environment nothing compiled is imported at all.
"""

from __future__ import annotations

import os
from typing import Any, TypedDict

CHOICES = ("auto", "compiled", "python")
ENVIRONMENT = "CONFHUB_FANOUT"

_asked = os.environ.get(ENVIRONMENT, "auto")
_reason = f"{ENVIRONMENT}=python"
fanout: Any = None
"""The module `_fanout`, None where it is not built or not wanted; `reader` is the module `_reader`."""
reader: Any = None
if _asked != "python":
    try:
        from confhub.relay.native import _fanout, _reader

        fanout, reader = _fanout, _reader
        _reason = "built for this machine"
    except ImportError as error:
        _reason = f"not built: {error}"


class NotBuiltError(Exception):
    """The compiled twin was asked for and is not there; the text says why."""


class Description(TypedDict):
    """What runs: `name` is "compiled" or "python"; gso and gro: whether runs of datagrams go out and in as
    one (of the compiled twin only)."""

    name: str
    gso: bool
    gro: bool
    reason: str


def choose(name: str) -> None:
    """auto: the compiled twin where it is built. Raises NotBuiltError, ValueError for another name."""
    global _asked, _reason
    if name not in CHOICES:
        raise ValueError(f"the fan-out is one of {', '.join(CHOICES)}, not {name!r}")
    if name == "compiled" and fanout is None:
        raise NotBuiltError(f"the compiled fan-out cannot be had ({_reason})")
    if name == "python" and fanout is not None:
        _reason = "asked for"
    _asked = name


def is_compiled() -> bool:
    """Does the compiled twin run?"""
    return fanout is not None and _asked != "python"


def told() -> str:
    """In words: which twin runs, and what the kernel helps it with; "compiled with gso+gro"."""
    found = describe()
    helps = [name for name, is_used in (("gso", found["gso"]), ("gro", found["gro"])) if is_used]
    return found["name"] + (f" with {'+'.join(helps)}" if helps else "")


def describe() -> Description:
    """For the doctor, GetStats and the metrics."""
    if not is_compiled():
        return Description(name="python", gso=False, gro=False, reason=_reason)
    return Description(name="compiled", gso=fanout.cuts_runs(), gro=reader.joins_runs(), reason=_reason)
