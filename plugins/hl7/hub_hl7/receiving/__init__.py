"""The listener: connections, certificates, conversations."""
