"""Files of reports, drawn in a process of their own."""
