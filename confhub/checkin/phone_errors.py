"""Why a phone is refused to speak for somebody."""

from __future__ import annotations

from confhub.kernel.errors import Conflict


class CameByOtherPhone(Conflict):
    code = "came_by_other_phone"
    message = "This person came by another phone or browser in this session."
    remedy = "Use that one, type the personal code of the badge, or ask at the room's tablet."


class CameWithoutPhone(Conflict):
    code = "came_without_phone"
    message = "It was not by this phone that this person came."
    remedy = "Ask at the room's tablet, or type the personal code of the badge."


class DeviceTaken(Conflict):
    code = "device_taken"
    message = "Another person was checked in with this phone in this session."
    remedy = "Use your own phone, or ask the room's operator to take this one back."
