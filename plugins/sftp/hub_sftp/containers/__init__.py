"""Containers that files come in, and go out in: gzip, zip, PGP."""

from hub_sftp.containers.unwrapping import unwrap

__all__ = ["unwrap"]
