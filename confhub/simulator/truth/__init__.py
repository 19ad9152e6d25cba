"""What rooms and people really did, held against what the hub reports of them."""
