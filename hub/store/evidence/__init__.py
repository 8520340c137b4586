"""Evidence: what a hub can show of what it did, one module for each report.

Rows come as they are read, and hold no names: people by the hub's own keys, and
recipients, sources and programmes by the names that they have in the configuration.
"""
