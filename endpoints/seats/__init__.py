"""What sits in the media room for a room: kiosk browser, LiveKit SDK, or the light simulated client."""
