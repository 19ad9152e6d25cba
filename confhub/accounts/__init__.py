"""Local accounts, their roles by branch, and login sessions kept on the server."""
