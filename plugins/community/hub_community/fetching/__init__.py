"""Fetching directories: from a folder, from an address, from an API."""
