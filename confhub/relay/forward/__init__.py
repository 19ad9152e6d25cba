"""Published tracks, their copies for subscribers, and the feedback between them."""
