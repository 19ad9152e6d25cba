"""Caps on every list, string, rate and queue, each with its reason."""

from __future__ import annotations

NAME_MAX_CHARS = 200
"""Names of units, endpoints, sessions: the longest official Vietnamese unit name seen has 120 letters."""

CODE_MAX_CHARS = 40
"""Organization codes look like H44.01.02; room for other countries' schemes."""

PHONE_MAX_CHARS = 40
"""A number with extension and separators."""

PASSWORD_MIN_CHARS = 15
"""NIST SP 800-63B-4, 3.1.1.2, for passwords that are the only factor."""

PASSWORD_MAX_CHARS = 256
"""Argon2 time grows with length; nobody types more."""

IMPORT_MAX_BYTES = 10 * 2**20
"""40,000 rows of XLSX are about 3 MB."""

IMPORT_MAX_ROWS = 50_000
"""Above every province's tree; bounds memory of a dry run."""

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

CONNECTIONS = 16_000
"""Of one HTTP port: half of OPEN_FILES, the rest is for media over TCP, databases and files. 302 rooms with
screen, tablet and operator are some 2,000; 40,000 phones that check in within a quarter of an hour and stay
connected for IDLE_S about 8,000."""

STRANGERS_PER_ADDRESS = 2_000
"""Connections of one address (IPv6: /64) that nobody has logged in on: a district's whole network behind one
address. Beyond, the longest idle gives way to the newest; a phone's page opens two or three."""

CONNECTIONS_PER_KNOWN = 64
"""Of one person, tablet or room that no stranger may push out; a browser opens six to one host. More are
taken like a stranger's."""

FIRST_REQUEST_S = 15.0
"""From connecting to a whole request: one comes with the connection, a weak line takes some seconds."""

IDLE_S = 75.0
"""Between two requests: what browsers find with other servers; a longer one only costs descriptors."""

PROXY_IDLE_S = 3_600.0
"""A trusted proxy keeps its connections and closes them itself: cut by us, a request might be lost."""

STALLED_S = 30.0
"""An answer of which the reader takes nothing for so long will not be read."""

TAKEN_MIN_BYTES_PER_S = 200
"""The slowest reading that counts: a fifth of the slowest mobile line."""

HEAD_MAX_BYTES = 64 * 1024
"""A request's line and headers; browsers send about 2 kB, cookies of other services on the host included."""

RECEIVE_BYTES = 64 * 1024
"""Taken from a socket at a time, so that thousands of connections cannot buffer a quarter MB each."""

HANDSHAKE_S = 10.0
"""For TLS: two round trips, even on a bad line."""

SWEEP_S = 2.0
"""Between two looks for connections whose time is over."""

ACCEPTS_AT_ONCE = 64
"""Connections accepted before the loop does anything else."""

ACCEPT_RETRY_S = 0.5
"""After an accept that failed for want of descriptors: asking again at once would only spin."""

OPEN_FILES = 32_768
"""Descriptors that hub and relay ask for at their start; see CONNECTIONS."""

FILES_KEPT_FREE = 256
"""Descriptors that no connection from outside may take: database, relay, files, child programs."""
