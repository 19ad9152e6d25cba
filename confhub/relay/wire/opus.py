"""Opus payloads (RFC 6716, RFC 7587): silence, and nothing else is needed of them."""

SILENCE = b"\xf8\xff\xfe"
"""One 20 ms frame of digital silence (CELT, fullband, mono), decodable on its own."""
