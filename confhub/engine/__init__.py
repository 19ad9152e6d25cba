"""The hub's client of a relay or a LiveKit cluster: the only code of the hub that talks to media."""
