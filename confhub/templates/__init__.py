"""Templates of sessions: everything but the hour."""
