"""Benchmarks: what runs the relay's packet path, and its peers, side by side on one machine."""
