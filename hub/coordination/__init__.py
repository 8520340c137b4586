"""Pure rules: facts become state, differences become events, policy decides.

No I/O, no clock, no randomness: time and state come in as values.
"""
