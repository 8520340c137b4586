"""Carehub: the open integration hub for care that crosses sectors."""

__version__ = "0.1.0"
