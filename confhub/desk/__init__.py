"""The training officer's desk: what sessions' rooms still owe, and reminding them of it."""
