"""A province played on one machine: rooms with real media, the people in them, and what they meant to do."""
