"""Resources become facts, without I/O."""
