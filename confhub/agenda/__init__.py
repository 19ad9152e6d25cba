"""Agendas of sessions, and the documents that go with them."""
