"""Files that partners put down for us: found, judged complete, fetched, put away."""
