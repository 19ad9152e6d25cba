"""What the API answers on check-in: live figures, the plan, sources, phones."""

from __future__ import annotations

from datetime import datetime

from confhub.checkin.patterns import Remark
from confhub.checkin.values import Way
from confhub.http.shapes import Answer


class LiveTierCountOut(Answer):
    """Sums over the rooms of one tier (`tier_id` None: over all). `rooms_told`: rooms with a head count."""

    tier_id: int | None
    name: str
    name_en: str
    rooms: int
    connected: int
    expected: int
    present: int
    came: int
    guests: int
    heads: int
    rooms_told: int
    unanswered: int


class LiveRoomCountOut(Answer):
    """Live figures of one room. `expected`: on its list, guests and removed people left out; `present`:
    checked in now, guests included; `came`: now or before; `heads`: declared last, None if never."""

    endpoint_id: int
    code: str
    name: str
    unit_id: int
    unit_name: str
    unit_path: str
    tier_id: int
    expected: int
    present: int
    came: int
    guests: int
    heads: int | None
    heads_at: datetime | None
    connected: bool
    unanswered: int
    """Checked in, and silent since the newest presence prompt."""


class LiveTotalsOut(Answer):
    """A session's check-in at one moment, within the asker's branches, rooms in the tree's order."""

    at: datetime
    session_id: int
    state: str
    sealed: bool
    rooms: list[LiveRoomCountOut]
    tiers: list[LiveTierCountOut]
    total: LiveTierCountOut


class SourceOut(Answer):
    """What one device or code told in one room, and still counts. `name`: `tablet:<id>`, `account:<id>`,
    `code:<room>.<way>.<period>`; `who`: for people; `alike`: of a code's phones, the most that look alike."""

    name: str
    kind: str
    who: str
    room: str
    people: int
    events: int
    first_at: datetime
    last_at: datetime
    remarks: list[Remark]
    alike: int


class UndoneOut(Answer):
    """One undoing: what was taken back, why (empty where that was erased with a person), by whom."""

    id: int
    source: str
    who: str
    events: int
    heads: int
    people: int
    reason: str
    author: str
    at: datetime


class HeldPhoneOut(Answer):
    """A phone that counts for a person in a session. `device`: its mark; `since`: its first check-in;
    `rooms`: where it told something, by name; `events`: what it told and still counts."""

    device: str
    attendee_id: int
    since: datetime
    rooms: list[str]
    events: int


class OpenPromptOut(Answer):
    """A presence prompt that is open now."""

    id: int
    opens_at: datetime
    closes_at: datetime


class CheckinPolicyOut(Answer):
    """How a session is checked in. `secret` (hexadecimal) is empty while nobody needed a code.

    `scan_margin_s`: how long after its period a code counts. `prompts`: how many are drawn.
    `prompts_count`: minutes after an unanswered prompt do not count until the person is heard again.
    `unconnected_counts`: time checked in counts also while the room is not connected; else it is stated
    apart.
    """

    ways: list[Way]
    scan_margin_s: int
    guests: bool
    prompts: int
    prompts_count: bool
    complete_percent: int
    unconnected_counts: bool
    secret: str


class BreakOut(Answer):
    """A break; open while `ends_at` is None."""

    id: int
    starts_at: datetime
    ends_at: datetime | None
    by: str


class CheckinPlanOut(Answer):
    """How a session is checked in, for its organizers. `prompts`: those that have opened; the moments of
    others are nobody's to know. `policy.secret` is left out."""

    policy: CheckinPolicyOut
    breaks: list[BreakOut]
    prompts: list[OpenPromptOut]
    live: bool
    ended: bool
    sealed: bool
    may_set: bool
    may_run: bool
