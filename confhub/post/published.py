"""What others' statements may read of the outbox."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.post.models import Outbox


class ParcelColumns(Published):
    """Parcels, sent and unsent. Not sent: `done_at` is null; waiting: `due_at` is not."""

    _row = Outbox

    id = Outbox.id
    kind = Outbox.kind
    key = Outbox.key
    about = Outbox.about
    title = Outbox.title
    made_at = Outbox.made_at
    due_at = Outbox.due_at
    attempts = Outbox.attempts
    last_error = Outbox.last_error
    done_at = Outbox.done_at
    given_up_at = Outbox.given_up_at
