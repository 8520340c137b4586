"""Containers that files come in, and go out in: gzip, zip, PGP."""

from hub_sftp.containers.unwrapping import unwrap, unwrap_package

__all__ = ["unwrap", "unwrap_package"]
