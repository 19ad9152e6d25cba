"""The operator's hands: one module a command."""
