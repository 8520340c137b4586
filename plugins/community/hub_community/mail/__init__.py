"""Mail that says that something is waiting, and nothing else."""
