"""The clock's servants: one leader by lease; lobbies open, sessions start and end, what is stored follows."""
