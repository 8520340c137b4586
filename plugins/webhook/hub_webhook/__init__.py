"""Placeholder while the connector is being written."""
