"""Delimited and fixed-width text, as partners write it: rows in, by a profile."""
