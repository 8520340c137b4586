"""The hub over HTTP, on loopback: health, metrics and the JSON API."""
