"""Transition clocks: what is due after an admission or a discharge, and by when.

The rules are data (R-ENC-12). All that is known of a person is folded again on each
change, so that no order of arrival matters, and time comes in as a value.
"""
