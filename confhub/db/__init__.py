"""The only doorway to SQL: the declarative base, column types, the transaction scope."""
