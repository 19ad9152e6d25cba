"""A played crowd: the rooms' operators with their tablets, people with phones, and what they really did."""
