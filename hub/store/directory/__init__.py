"""Directories in the store: their runs, their objects, what is staged and shown."""
