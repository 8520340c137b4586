"""Which acknowledgement is due, when, and in which words. Without transport."""
