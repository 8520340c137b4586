"""Identity: which numbers, given by whom, are those of one person (domain 7)."""
