"""Words everybody shares: ids, clock, errors, limits, permissions, events. Imports nothing of confhub."""
