"""Tables of the standard and of its profiles, as plain mappings."""
