"""A whole province on this machine: its data, its programs, an organizer's hands; for demo and drill."""
