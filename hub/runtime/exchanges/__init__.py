"""Files that are exchanged: checked, applied, told of, answered."""
