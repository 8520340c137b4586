"""The tables of each version of HSDS: column to place, as data."""
