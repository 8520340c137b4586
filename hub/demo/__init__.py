"""A simulated region: two hospitals, a payer and a social service around a hub.

The hospitals are foreign senders: nothing here imports a plugin, and nothing that
a hospital sends is built with the hub's own code.
"""
