"""Checkpoints: how far the audit had come, signed, so that a cut tail shows.

A chain alone does not show that its end was cut off, or all of it written anew.
Copies that left the machine, in the log or as a file, do. Source: reliability 4.5.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from msgspec import Struct

from hub.store.audit_errors import CheckpointsUnreadableError
from hub.store.audit_keys import SIGNING_FILE, make_key, read_key
from hub.store.audit_tables import audit
from hub.store.statements import Statement

CHECKPOINTS_FILE = "audit-checkpoints.jsonl"
#: The key that signatures are checked with, in hexadecimal; no secret.
PUBLIC_FILE = "audit-signing.pub"

_EXTENT = Statement(
    sa.select(audit.c.n, audit.c.hash, audit.c.at).order_by(audit.c.n.desc()).limit(1)
)
_AT = Statement(sa.select(audit.c.at).where(audit.c.n == sa.bindparam("key")))


class Checkpoint(Struct, frozen=True):
    """The chain's end at a time: record `n`, and its `hash` in hexadecimal.

    `count` records came since the checkpoint before; the `first` and the `last` of
    them were written at these times, in microseconds since 1970.
    """

    n: int
    hash: str
    count: int
    first: int
    last: int
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        values = (self.n, self.hash, self.count, self.first, self.last)
        return b"carehub audit checkpoint\n" + msgspec.json.encode(values)


class End(NamedTuple):
    """The newest record that is committed."""

    n: int
    hash: bytes
    at: int


def end_of(connection: sqlite3.Connection) -> End:
    """Return the end of the chain as committed; `n` is 0 where there is none."""
    found = _EXTENT(connection).fetchone()
    return End(*found) if found else End(0, b"", 0)


class Signer:
    """Signs checkpoints with the key in a folder, and makes one where there is none.

    Raises AuditKeyError.
    """

    def __init__(self, folder: Path) -> None:
        make_key(folder / SIGNING_FILE)
        secret = read_key(folder / SIGNING_FILE)
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self._file = folder / CHECKPOINTS_FILE
        public = folder / PUBLIC_FILE
        if not public.exists():
            public.write_text(f"{self._key.public_key().public_bytes_raw().hex()}\n")

    def last(self) -> int:
        """Return the number of the newest record that a checkpoint covers."""
        return max((each.n for each in read_checkpoints(self._file)), default=0)

    def sign(self, connection: sqlite3.Connection, after: int) -> Checkpoint | None:
        """Append the checkpoint of what came after record `after`, if anything did."""
        end = end_of(connection)
        if end.n <= after:
            return None
        [first] = _AT(connection, key=after + 1).fetchone() or (end.at,)
        made = Checkpoint(end.n, end.hash.hex(), end.n - after, first, end.at)
        signature = self._key.sign(made.signed).hex()
        signed = msgspec.structs.replace(made, signature=signature)
        self._append(signed)
        return signed

    def _append(self, checkpoint: Checkpoint) -> None:
        with self._file.open("ab") as file:
            # A line that a crash cut short must not swallow this one.
            begin = b"" if _ends_with_a_line(self._file) else b"\n"
            file.write(begin + msgspec.json.encode(checkpoint) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _ends_with_a_line(file: Path) -> bool:
    with file.open("rb") as written:
        if not written.seek(0, os.SEEK_END):
            return True
        written.seek(-1, os.SEEK_END)
        return written.read(1) == b"\n"


def read_checkpoints(file: Path) -> Iterator[Checkpoint]:
    """Yield the checkpoints in a file, none where there is no file.

    A line that cannot be read is a checkpoint that nobody signed.
    """
    try:
        lines = file.read_bytes().splitlines() if file.exists() else []
    except OSError as error:
        raise CheckpointsUnreadableError(f"{file}: {error.strerror}") from error
    for line in filter(None, lines):
        try:
            yield msgspec.json.decode(line, type=Checkpoint)
        except msgspec.MsgspecError:
            yield Checkpoint(0, "", 0, 0, 0)


def read_public_key(file: Path) -> Ed25519PublicKey:
    """Return the key that checkpoints are checked with.

    Raises CheckpointsUnreadableError.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(file.read_text()))
    except OSError as error:
        raise CheckpointsUnreadableError(f"{file}: {error.strerror}") from error
    except ValueError:
        raise CheckpointsUnreadableError(f"{file}: no key") from None


def is_signed(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Say whether a checkpoint is what the holder of the key signed."""
    try:
        key.verify(bytes.fromhex(checkpoint.signature), checkpoint.signed)
    except (InvalidSignature, ValueError):
        return False
    return True
