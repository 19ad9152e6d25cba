"""The report on a session's rooms."""
