"""Clips: a test picture and a tone encoded once, kept as payloads that only need RTP headers."""
