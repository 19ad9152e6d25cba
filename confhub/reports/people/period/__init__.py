"""A unit over a period, and sessions side by side."""
