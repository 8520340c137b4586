"""Reading directories in the Human Services Data Specification (HSDS)."""
