"""Rosters: who is expected in which room, for a session, for a course, or always; and notices of absence."""
