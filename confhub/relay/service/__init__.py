"""The doors of the relay: signalling WebSocket, RoomService, webhooks, launcher's server."""
