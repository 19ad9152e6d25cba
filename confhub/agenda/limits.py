"""Caps of agendas and documents, each with its reason."""

from __future__ import annotations

from typing import Final

ITEMS_MAX: Final = 100
"""A day's sitting has some twenty; more than a hundred is a list of something else."""

ITEM_MIN_MAX: Final = 24 * 60
"""Minutes of one item: a day."""

ITEM_TITLE_MAX_CHARS: Final = 500
"""Items are sentences: "Tờ trình về việc …"."""

PRESENTER_MAX_CHARS: Final = 200

SPEAKING_ROOMS_MAX: Final = 20
"""Rooms that speak to one item."""

DOCUMENTS_MAX: Final = 60
"""Documents of one session."""

VERSIONS_MAX: Final = 20
"""Versions of one document; all are kept."""

DOCUMENT_MAX_BYTES: Final = 20 * 2**20
"""A scanned report of some eighty pages."""

SESSION_MAX_BYTES: Final = 300 * 2**20
"""Of all versions of a session's documents together: they lie in the database and in its backups."""

PIECE_BYTES: Final = 256 * 2**10
"""A document is stored and handed out by pieces of this size: a hundred readers take 25 MB of memory."""

PAGES_MAX: Final = 2_000
"""Of one document."""
