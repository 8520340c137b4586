"""Calling others over HTTP without being used against what only the hub can reach."""
