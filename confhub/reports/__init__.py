"""Reports: what an organization hands on about a session, as page data, CSV, JSON and text."""
