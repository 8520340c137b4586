"""What samples of a feed show, and how a message compares with its standard."""
