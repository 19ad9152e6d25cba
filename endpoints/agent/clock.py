"""Times as the connection log, the diary and the hub's messages have them.

The room writes its own clock and says with each message what it shows (`sent_at`);
the hub corrects the difference.
"""

from __future__ import annotations

import datetime


def iso(unix_s: float) -> str:
    """ISO 8601 UTC with milliseconds and Z."""
    moment = datetime.datetime.fromtimestamp(unix_s, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
