"""confhub: videoconference orchestration for hundreds of rooms."""

__version__ = "0.1.0"
