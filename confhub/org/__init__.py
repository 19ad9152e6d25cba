"""The tree of org units, with tiers as data and validity dates."""
