"""The values that travel through the hub. No I/O, no clock, no randomness."""
