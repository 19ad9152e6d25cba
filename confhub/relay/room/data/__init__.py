"""What is sent beside sound and picture: data packets, data tracks, blobs."""
