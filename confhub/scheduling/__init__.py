"""Scheduling: sessions that come again, in words, and the days on which they are not held."""
