"""Explaining: why something was sent, or was not, to each who may ask.

Answers the question that operators of integration engines ask most, from what the
hub wrote down when it decided, not from what its configuration says now.
"""
