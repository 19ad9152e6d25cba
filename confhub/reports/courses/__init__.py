"""A course's files: for offices, and for Moodle."""
