"""Pure decisions of the stage: what differs between the stored truth and the engine, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from confhub.engine.types import EngineParticipant, Source
from confhub.kernel.ids import ROOM_PREFIX, USER_PREFIX, Identity

SETTLING = timedelta(seconds=3)
"""So long a mute may take to show in the engine's lists; an open track within it is no unmuting."""


@dataclass(frozen=True, slots=True)
class Mute:
    """A mute in force: `tracks` are the publications it was carried out on."""

    id: int
    source: Source
    tracks: tuple[str, ...]
    muted_at: datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """What the database says of a session's stage.

    `grants`: sources by identity, those on deck included; `deck`: who these are.
    `welcome`: who may be in the room; everybody else of ours is sent out.
    `refused_since`: from when on somebody's older tokens are no good. `replaced_at`: when a room was last
    paired anew; whoever joined under its name before that is the machine that it had before.
    """

    grants: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    mutes: Mapping[str, Sequence[Mute]] = field(default_factory=dict)
    welcome: frozenset[str] = frozenset()
    refused_since: Mapping[str, datetime] = field(default_factory=dict)
    replaced_at: Mapping[str, datetime] = field(default_factory=dict)
    deck: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remove:
    identity: Identity


@dataclass(frozen=True, slots=True)
class PutOn:
    identity: Identity
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TakeOff:
    identity: Identity


@dataclass(frozen=True, slots=True)
class MuteAgain:
    identity: Identity
    mute: Mute


@dataclass(frozen=True, slots=True)
class Lift:
    """The room opened its microphone itself: the mute is over."""

    identity: Identity
    mute: Mute


Action = Remove | PutOn | TakeOff | MuteAgain | Lift


def ours(identity: str) -> bool:
    """Whether the hub gave this identity; others (a recorder on a shared cluster) are let alone."""
    return identity.startswith((ROOM_PREFIX, USER_PREFIX))


def is_replaced(who: EngineParticipant, truth: Truth) -> bool:
    """Whether this is a machine whose room has another one now. One that came in the very second is taken
    for the new one where the engine tells whole seconds only."""
    at = truth.replaced_at.get(who.identity)
    if at is None:
        return False
    return who.joined_at < (at if who.joined_at.microsecond else at.replace(microsecond=0))


def wanted_of(identity: Identity, truth: Truth) -> list[Action]:
    """What makes one participant's standing true, whatever it was."""
    if ours(identity) and identity not in truth.welcome:
        return [Remove(identity)]
    sources = truth.grants.get(identity)
    if sources is None:
        return [TakeOff(identity)]
    mutes = truth.mutes.get(identity, ())
    return [PutOn(identity, sources), *(MuteAgain(identity, mute) for mute in mutes)]


def differences(participants: Sequence[EngineParticipant], truth: Truth, now: datetime) -> list[Action]:
    """What to do so that the engine follows the truth: silence first, then who may speak."""
    silence: list[Action] = []
    speech: list[Action] = []
    for who in participants:
        if not ours(who.identity):
            continue
        if who.identity not in truth.welcome or is_replaced(who, truth):
            silence.append(Remove(who.identity))
            continue
        sources = truth.grants.get(who.identity)
        if sources is None:
            if who.can_publish:
                silence.append(TakeOff(who.identity))
            continue
        if not who.can_publish or set(who.sources) != set(sources) or who.hidden:
            speech.append(PutOn(who.identity, sources))
        for mute in truth.mutes.get(who.identity, ()):
            silence += _mute_differences(who, mute, now)
    return silence + speech


def _mute_differences(who: EngineParticipant, mute: Mute, now: datetime) -> list[Action]:
    opened = [track.sid for track in who.tracks if track.source is mute.source and not track.muted]
    if any(sid not in mute.tracks for sid in opened):
        return [MuteAgain(who.identity, mute)]
    if opened and now - mute.muted_at > SETTLING:
        return [Lift(who.identity, mute)]
    return []
