"""Training: courses of sessions, who has completed them, and their certificates."""
