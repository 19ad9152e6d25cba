"""What others' statements may read of rooms."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.registry.models import CredentialRow, EndpointRow


class RoomColumns(Published):
    """Rooms."""

    _row = EndpointRow

    id = EndpointRow.id
    unit_id = EndpointRow.unit_id
    code = EndpointRow.code
    name = EndpointRow.name
    kind = EndpointRow.kind
    sort_key = EndpointRow.sort_key
    search_key = EndpointRow.search_key
    operator_name = EndpointRow.operator_name
    operator_phone = EndpointRow.operator_phone
    bandwidth_profile = EndpointRow.bandwidth_profile
    retired_at = EndpointRow.retired_at


class CredentialColumns(Published):
    """The rooms' machines."""

    _row = CredentialRow

    endpoint_id = CredentialRow.endpoint_id
    revoked_at = CredentialRow.revoked_at
