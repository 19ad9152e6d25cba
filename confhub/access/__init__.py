"""Who may do what where: actors, grants, and the subtree filter in SQL."""
