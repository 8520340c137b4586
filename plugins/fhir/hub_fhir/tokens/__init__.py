"""SMART backend services: proving who a system is, as client and as server."""
