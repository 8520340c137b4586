"""Services as they are found: an index of directories, and the search in it."""
