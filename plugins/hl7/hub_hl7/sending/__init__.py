"""The sender: connections to peers, and what their answers mean."""
