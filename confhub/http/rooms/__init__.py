"""The rooms' door: one WebSocket of each room's machine."""
