"""Encodes clips of the test picture and tone, and compares what was decoded with them."""
