"""A hostile plugin: importing it raises."""

raise RuntimeError("a library is missing")
