"""Check-in: what people in the rooms confirmed, from events to minutes; corrected, sealed, rebuilt."""
