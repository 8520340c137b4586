"""Where files that come and go, their rows and their numbers are kept."""
