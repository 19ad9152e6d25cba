"""Bytes to meaning: parsers and builders without socket, clock or event loop."""
