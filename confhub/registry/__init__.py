"""The registry of endpoints (rooms): their data, pairing, kiosks, who is online, and the import."""
