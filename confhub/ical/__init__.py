"""Calendars as others read them: RFC 5545 written, and its method by mail (RFC 5546). Knows no subject."""
