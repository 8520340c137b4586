"""Migrations, run by the hub itself when it starts."""
