"""Languages: catalogues, folding for search, collation for sorting."""
