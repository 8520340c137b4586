"""Rules of directories: what is the same, what changed, what must stay secret."""
