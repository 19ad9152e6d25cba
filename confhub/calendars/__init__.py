"""Others' calendars: feeds that they subscribe to, and letters that tell them of sessions and series."""
