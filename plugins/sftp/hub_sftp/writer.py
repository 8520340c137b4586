"""The ``sftp-writer`` destination: upload under another name, check, rename."""

import asyncio
import posixpath
from contextlib import suppress

import structlog

from hub.sdk import Artifact, HubError, Outcome, Receipt
from hub_sftp.client import Session, proof
from hub_sftp.errors import (
    RenameRefusedError,
    SizeDiffersError,
    WriteFailedError,
    not_accepted,
)
from hub_sftp.names import earlier_parts, file_name, part_name
from hub_sftp.settings import WriterSettings

log = structlog.get_logger()


class SftpWriter:
    """A destination that puts each artifact as ``<id><suffix>`` onto a server.

    A file has its final name only once it is complete; until then it ends in
    ``.part``. One connection is kept and used by one send at a time.
    """

    def __init__(self, settings: WriterSettings) -> None:
        """Raises PrivateKeyUnusableError."""
        self._settings = settings
        self._turn = asyncio.Lock()
        self._proof = proof(settings)
        self._session = Session(settings, self._proof)

    async def send(self, artifact: Artifact) -> Receipt:
        """Upload `artifact`, or say why it is not there."""
        async with self._turn:
            session = self._session
            try:
                return await asyncio.to_thread(
                    _attempt, session, self._settings.folder, artifact
                )
            except asyncio.CancelledError:
                # The thread goes on; without its connection it soon ends, and
                # whatever it still does, it does not do to the next send's.
                session.abort()
                self._session = Session(self._settings, self._proof)
                raise

    async def close(self) -> None:
        """End the connection; a send that is under way fails."""
        session = self._session
        self._session = Session(self._settings, self._proof)
        session.abort()
        await asyncio.to_thread(session.close)


def _attempt(session: Session, folder: str, artifact: Artifact) -> Receipt:
    try:
        name = file_name(artifact)
        session.open()
        return _store(session, folder, name, artifact)
    except HubError as error:
        session.close()
        return not_accepted(error)


def _store(session: Session, folder: str, name: str, artifact: Artifact) -> Receipt:
    final = posixpath.join(folder, name)
    size = len(artifact.body)
    if artifact.attempt > 1 and session.size(final) == size:
        return _accepted("already there", size, session)
    # The name differs by attempt: should the server still be working through what
    # an earlier attempt asked for, it renames nothing that we are writing now.
    for leftover in earlier_parts(final, artifact.attempt):
        session.remove(leftover)
    _put(session, part_name(final, artifact.attempt), final, artifact.body)
    log.debug("file.stored", artifact=name, size=size, host=session.server)
    return _accepted("stored", size, session)


def _put(session: Session, part: str, final: str, body: bytes) -> None:
    try:
        _upload(session, part, body)
        session.rename(part, final)
    except (WriteFailedError, SizeDiffersError, RenameRefusedError):
        with suppress(HubError):
            session.remove(part)
        raise


def _upload(session: Session, part: str, body: bytes) -> None:
    session.upload(part, body)
    stored = session.size(part)
    if stored != len(body):
        raise SizeDiffersError(f"{session.server}, {stored} of {len(body)} bytes")


def _accepted(what: str, size: int, session: Session) -> Receipt:
    evidence = f"{what}, {size} bytes at {session.server}"
    return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)
