"""What others' statements may read of accounts."""

from __future__ import annotations

from confhub.accounts.models import AccountRow
from confhub.db.published import Published


class AccountColumns(Published):
    """Accounts."""

    _row = AccountRow

    id = AccountRow.id
    username = AccountRow.username
    display_name = AccountRow.display_name
