"""Directories of services, from a package to what is told of it."""
