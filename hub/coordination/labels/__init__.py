"""Labels that are inferred: what codes, departments and senders give away."""
