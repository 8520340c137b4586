"""Notices become resources, without I/O."""
