"""Matching: whether two records are of the same person, and why.

Pure and symmetric. `features_of` makes records comparable, `blocking_keys` says
which are worth comparing, and `compare` decides: link, have a person look, or
leave apart. Rules that are certain come first, then the weights of Fellegi and
Sunter; a veto overrides both. Source: domain 7.3.
"""
