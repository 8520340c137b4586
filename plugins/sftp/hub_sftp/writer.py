"""The ``sftp-writer`` destination: upload under another name, check, rename."""

import asyncio
import posixpath
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from hub.sdk import Artifact, HubError, Outcome, Receipt
from hub_sftp.client import Session, proof
from hub_sftp.containers.expiry import KeyWatch
from hub_sftp.errors import (
    RenameRefusedError,
    SizeDiffersError,
    WriteFailedError,
    not_accepted,
)
from hub_sftp.names import earlier_parts, part_name
from hub_sftp.outgoing import Outgoing, evidence, outgoing
from hub_sftp.settings import WriterSettings

log = structlog.get_logger()


class SftpWriter:
    """A destination that puts each artifact as a file onto a server.

    It is called ``<id><suffix>``, unless the settings say otherwise. A file has its
    final name only once it is complete; until then it ends in ``.part``. One
    connection is kept and used by one send at a time.
    """

    def __init__(self, settings: WriterSettings) -> None:
        """Raises PrivateKeyUnusableError."""
        self._settings = settings
        self._turn = asyncio.Lock()
        self._proof = proof(settings)
        self._session = Session(settings, self._proof)
        self._watch = KeyWatch()

    async def send(self, artifact: Artifact) -> Receipt:
        """Upload `artifact`, or say why it is not there."""
        async with self._turn:
            session = self._session
            try:
                return await asyncio.to_thread(self._attempt, session, artifact)
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

    def _attempt(self, session: Session, artifact: Artifact) -> Receipt:
        settings = self._settings
        who = settings.partner or settings.receiver or settings.host
        self._watch.look(settings.pgp, datetime.now(UTC), partner=who)
        try:
            files = outgoing(artifact, settings)
            session.open()
            what = _store(session, settings.folder, files, artifact.attempt)
        except HubError as error:
            session.close()
            return not_accepted(error)
        told = evidence(what, files, settings)
        return Receipt(outcome=Outcome.ACCEPTED, evidence=f"{told} at {session.server}")


def _store(
    session: Session, folder: str, files: Sequence[Outgoing], attempt: int
) -> str:
    again = attempt > 1
    # What PGP made anew is not what the partner may have fetched already.
    if again or not files[0].exact:
        there = [_is_there(session, folder, file) for file in files]
        if all(there):
            return "already there"
        # An announcement that is due says what is in the file that is there.
        files = [
            file
            for file, is_there in zip(files, there, strict=True)
            if not (is_there and files[0].exact)
        ]
    for file in files:
        final = posixpath.join(folder, file.name)
        # The name differs by attempt: should the server still be working through what
        # an earlier attempt asked for, it renames nothing that we are writing now.
        for leftover in earlier_parts(final, attempt):
            session.remove(leftover)
        _put(session, part_name(final, attempt), final, file.body)
        log.debug(
            "file.stored", artifact=file.name, size=len(file.body), host=session.server
        )
    return "stored"


def _is_there(session: Session, folder: str, file: Outgoing) -> bool:
    return file.may_have(session.size(posixpath.join(folder, file.name)))


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
