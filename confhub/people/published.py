"""What others' statements may read of the register."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.people.models import AttendeeRow


class PersonColumns(Published):
    """People of the register, merged and erased ones too."""

    _row = AttendeeRow

    id = AttendeeRow.id
    unit_id = AttendeeRow.unit_id
    code = AttendeeRow.code
    name = AttendeeRow.name
    name_key = AttendeeRow.name_key
    position = AttendeeRow.position
    phone = AttendeeRow.phone
    email = AttendeeRow.email
    birth_date = AttendeeRow.birth_date
    birth_year = AttendeeRow.birth_year
    badge = AttendeeRow.badge
    sort_key = AttendeeRow.sort_key
    search_key = AttendeeRow.search_key
    merged_into_id = AttendeeRow.merged_into_id
    retired_at = AttendeeRow.retired_at
    erased_at = AttendeeRow.erased_at
