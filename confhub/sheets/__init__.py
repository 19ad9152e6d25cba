"""Lists out of files of offices: bytes of CSV and XLSX in, rows under known columns out. Knows no subject."""
