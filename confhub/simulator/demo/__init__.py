"""The demo: a whole province brought up, from the call to the attendance report."""
