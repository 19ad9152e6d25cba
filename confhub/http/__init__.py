"""The two doors of the hub: HTML pages and the JSON API. Each parses, calls one service, renders."""
