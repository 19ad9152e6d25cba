"""`confhub drill`: a whole province under trial before a big day, with its verdict."""
