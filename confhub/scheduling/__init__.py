"""Scheduling: sessions that come again, days off, and who has which room when."""
