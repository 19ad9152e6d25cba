"""Recurring work and its runner; what sessions do by the clock, and what is swept away."""
