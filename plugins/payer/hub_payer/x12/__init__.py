"""X12: the envelope both ways, its acknowledgements, and member lists (834)."""
