"""A unit's week on one sheet: sessions, and what else it does."""
