"""Templates, static files and message catalogues of the pages."""
