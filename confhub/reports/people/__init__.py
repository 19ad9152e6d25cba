"""The report on people: a session's, one person's, and what files are written from."""
