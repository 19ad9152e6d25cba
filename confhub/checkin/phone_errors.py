"""Why a phone is refused to speak for somebody."""

from __future__ import annotations

from confhub.kernel.errors import Conflict


class CameByOtherPhone(Conflict):
    code = "came_by_other_phone"
    message = "This person came by another phone or browser in this session."
    remedy = "Use that one, or the room's tablet."


class DeviceTaken(Conflict):
    code = "device_taken"
    message = "Another person was checked in with this phone in this session."
    remedy = "Use your own phone, or ask the room's operator to take this one back."
