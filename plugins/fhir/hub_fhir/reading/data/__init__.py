"""Tables of codes that say what a person needs."""
