"""Who is invited to a session: the printed invitation, and what the invited units answer."""
