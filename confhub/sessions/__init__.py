"""Sessions: their life, their rooms, the floor, and joining. The hub's database is the truth."""
