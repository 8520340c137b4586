"""From a notice to a message."""
