"""The keys of the audit: files in the data folder that only its owner may read.

``audit.key`` chains the records, ``audit-subject.key`` makes the tokens that stand
for people, ``audit-signing.key`` signs checkpoints. Source: reliability 4.5.
"""

import os
import secrets
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import NamedTuple

from hub.store.audit_errors import AuditKeyError

CHAIN_FILE = "audit.key"
SUBJECT_FILE = "audit-subject.key"
SIGNING_FILE = "audit-signing.key"

KEY_BYTES = 32
#: Hexadecimal digits of a token: 128 bits, so that no two people share one.
_TOKEN_DIGITS = 32


class AuditKeys(NamedTuple):
    """What records are chained with, and what tokens of people are made with."""

    chain: bytes
    subject: bytes

    def token(self, key: str) -> str:
        """Return what stands for the identity with this key; "" for none."""
        if not key:
            return ""
        return digest(self.subject, key.encode(), sha256).hex()[:_TOKEN_DIGITS]


#: A store that is only in memory ends with its process, and so does its audit.
IN_MEMORY = AuditKeys(bytes(KEY_BYTES), bytes(KEY_BYTES))


def read_keys(folder: Path) -> AuditKeys:
    """Return the keys of a store. Raises AuditKeyError."""
    return AuditKeys(read_key(folder / CHAIN_FILE), read_key(folder / SUBJECT_FILE))


def make_keys(folder: Path) -> AuditKeys:
    """Return the keys of a store; make those that are not there yet.

    Raises AuditKeyError.
    """
    for name in (CHAIN_FILE, SUBJECT_FILE):
        make_key(folder / name)
    return read_keys(folder)


def read_key(file: Path) -> bytes:
    """Return the key in a file. Raises AuditKeyError."""
    try:
        key = file.read_bytes()
    except OSError as error:
        raise AuditKeyError(f"{file.name}: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise AuditKeyError(f"{file.name}: not {KEY_BYTES} bytes")
    return key


def make_key(file: Path) -> None:
    """Put a new key into a file that is not there yet, so that it survives."""
    if file.exists():
        return
    fresh = file.with_name(f"{file.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        _write(fresh, secrets.token_bytes(KEY_BYTES))
        fresh.rename(file)
        _sync(file.parent)
    except OSError as error:
        raise AuditKeyError(f"{file.name}: {error.strerror}") from error


def _write(file: Path, key: bytes) -> None:
    target = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(target, key)
        os.fsync(target)
    finally:
        os.close(target)


def _sync(folder: Path) -> None:
    target = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(target)
    finally:
        os.close(target)
