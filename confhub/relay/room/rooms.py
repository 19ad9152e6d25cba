"""All rooms of one relay: made on first join or by CreateRoom, closed when empty; and who may not come
back."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque

from livekit.protocol import models, rtc

from confhub.relay.room import limits, people, quality
from confhub.relay.room.participant import Host, Participant
from confhub.relay.room.room import Room, RoomOptions

log = logging.getLogger(__name__)

Action = rtc.LeaveRequest.Action
Disconnect = models.DisconnectReason


class Rooms:
    """Owns the rooms and one housekeeping task: silent participants, empty rooms, fresh tokens, quality."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._rooms: dict[str, Room] = {}
        self._revoked: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self.loop_lag_s = 0.0
        self._lags: deque[float] = deque(maxlen=limits.LOOP_LAGS)

    @property
    def worst_loop_lag_s(self) -> float:
        """The worst of the last minute."""
        return max(self._lags, default=0.0)

    def start(self) -> None:
        """Begin housekeeping on the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._keep_house())

    async def close(self) -> None:
        """Send everybody away and await the housekeeping."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for room in list(self._rooms.values()):
            room.close(Disconnect.SERVER_SHUTDOWN, models.RoomEndReason.ROOM_END_SERVER_SHUTDOWN)
        self._rooms.clear()

    def get(self, name: str) -> Room | None:
        """The room of that name."""
        return self._rooms.get(name)

    def all(self) -> list[Room]:
        """Every room."""
        return list(self._rooms.values())

    def open(self, name: str, options: RoomOptions | None = None) -> Room | None:
        """The room of that name, made if it is not there; None if there are too many."""
        room = self._rooms.get(name)
        if room is None:
            if len(self._rooms) >= limits.ROOMS:
                return None
            room = self._rooms[name] = Room(self.host, name, options or RoomOptions())
            self.host.events.emit("room_started", room)
        return room

    def delete(self, name: str) -> None:
        """DeleteRoom: everybody is sent away."""
        room = self._rooms.pop(name, None)
        if room is not None:
            room.close(Disconnect.ROOM_DELETED, models.RoomEndReason.ROOM_END_API_DELETE)

    def revoke(self, room: str, identity: str, until_iat_s: int) -> None:
        """Refuse tokens of that identity issued at or before `until_iat_s` (unix seconds)."""
        key = (room, identity)
        known = self._revoked.pop(key, (0, 0.0))[0]
        expires_s = self.host.now() + limits.TOKEN_MAX_TTL_S
        self._revoked[key] = (max(known, until_iat_s), expires_s)
        while len(self._revoked) > limits.REVOCATIONS:
            self._revoked.popitem(last=False)

    def is_revoked(self, room: str, identity: str, issued_s: int) -> bool:
        """Was a token issued then withdrawn?"""
        until_iat_s, _ = self._revoked.get((room, identity), (-1, 0.0))
        return issued_s <= until_iat_s

    async def _keep_house(self) -> None:
        loop = asyncio.get_running_loop()
        ticks = 0
        while True:
            due_s = loop.time() + limits.HOUSEKEEPING_INTERVAL_S
            await asyncio.sleep(limits.HOUSEKEEPING_INTERVAL_S)
            self.loop_lag_s = max(0.0, loop.time() - due_s)
            self._lags.append(self.loop_lag_s)
            ticks += 1
            for room in list(self._rooms.values()):
                try:
                    self._look_after(room, ticks)
                except Exception:
                    log.exception("housekeeping of room %s failed", room.name)
            self._forget_revocations()

    def _look_after(self, room: Room, ticks: int) -> None:
        now_s = self.host.now()
        for participant in list(room.participants.values()):
            dismiss_if_gone(room, participant, now_s)
        if ticks % int(limits.QUALITY_INTERVAL_S) == 0:
            quality.tell_changes(room)
        if room.is_expired(now_s):
            self._rooms.pop(room.name, None)
            room.close(Disconnect.ROOM_CLOSED, models.RoomEndReason.ROOM_END_IDLE_TIMEOUT)

    def _forget_revocations(self) -> None:
        now_s = self.host.now()
        while self._revoked:
            key, (_, expires_s) = next(iter(self._revoked.items()))
            if expires_s > now_s:
                return
            del self._revoked[key]


def dismiss_if_gone(room: Room, participant: Participant, now_s: float) -> None:
    """Take out who lost signalling and is silent, or never connected; send a fresh token to who stays."""
    seen_s = participant.media.last_seen_s() if participant.media is not None else None
    if participant.signal_lost_s is not None:
        newest_s = max(participant.signal_lost_s, seen_s or 0.0)
        silent = now_s - newest_s >= limits.DEPARTURE_WINDOW_S
        if silent or now_s - participant.signal_lost_s >= limits.SIGNAL_ABSENCE_MAX_S:
            room.leave(participant, Disconnect.SIGNAL_CLOSE)
    elif not participant.was_active and now_s - participant.joined_s >= limits.CONNECT_DEADLINE_S:
        room.dismiss(participant, Disconnect.CONNECTION_TIMEOUT, Action.RECONNECT)
    elif now_s - participant.token_sent_s >= limits.TOKEN_REFRESH_S:
        participant.token_sent_s = now_s
        people.send_token(participant)
