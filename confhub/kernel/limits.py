"""Caps on every list, string, rate and queue, each with its reason."""

from __future__ import annotations

NAME_MAX_CHARS = 200
"""Names of units, endpoints, sessions: the longest official Vietnamese unit name seen has 120 letters."""

CODE_MAX_CHARS = 40
"""Organization codes look like H44.01.02; room for other countries' schemes."""

PHONE_MAX_CHARS = 40
"""A number with extension and separators."""

PASSWORD_MIN_CHARS = 10
"""NIST SP 800-63B asks for 8; ten, because an account here opens a province's meetings."""

PASSWORD_MAX_CHARS = 256
"""Argon2 time grows with length; nobody types more."""

IMPORT_MAX_BYTES = 10 * 2**20
"""40,000 rows of XLSX are about 3 MB."""

IMPORT_MAX_ROWS = 50_000
"""Above every province's tree; bounds memory of a dry run."""

REQUEST_MAX_BYTES = 12 * 2**20
"""An import file and its form."""

PAGE_SIZE = 50
"""Rows of a list on one page."""

PAGE_SIZE_MAX = 500
"""Rows that one API call may ask for."""

EVENT_QUEUE = 1_000
"""Waiting events per listener; a listener that is further behind is told to reload everything."""

ENDPOINT_LOG_BATCH = 500
"""Connection log entries in one heartbeat; a room that was away longer sends the rest in the next."""

ENDPOINT_MESSAGE_MAX_BYTES = 256 * 1024
"""One WebSocket message of a room: a full log batch is about 80 kB."""

SESSION_LENGTH_MAX_MIN = 24 * 60
"""A session lasts a day at the most; longer meetings are several sessions."""

SESSION_ENDPOINTS_MAX = 2_000
"""Rooms in one session; the yardstick is 302."""
