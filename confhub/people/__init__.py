"""People: attendees of units, whoever sits in a room; found, imported, merged, exported, erased."""
