"""The room's agent: state machine, connection log, link to the hub. The same code in a real and a simulated
room."""
