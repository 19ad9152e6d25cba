"""The LiveKit-compatible media server: signalling, transports and forwarding, in its own process."""
