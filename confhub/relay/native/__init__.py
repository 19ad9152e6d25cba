"""The compiled packet path, and which of the twins runs."""
