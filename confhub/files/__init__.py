"""Files that people take away: drawn, kept for their maker, written alike for every subject."""
