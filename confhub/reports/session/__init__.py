"""A session as every report shows it: its rooms and units as of its day, and the proof of its figures."""
