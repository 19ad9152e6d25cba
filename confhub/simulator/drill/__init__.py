"""The drill: a whole province under trial, with its verdict."""
