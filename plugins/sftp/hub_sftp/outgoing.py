"""What goes out for an artifact: its file, and what announces that it is there.

All of it is a function of the artifact and the settings, so that a further attempt
writes the same; only PGP makes other bytes each time.
"""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from hub.sdk import Artifact
from hub_sftp.containers.wrapping import endings, wrap
from hub_sftp.names import checked, file_name, plain, stem_of
from hub_sftp.settings import OutgoingSettings

# Session keys and signatures are numbers, whose leading zeros are not written: by so
# many bytes two encryptions of the same may differ.
_PLAY = 64


class Outgoing(Struct, frozen=True, kw_only=True):
    """One file to write. `exact` is one whose bytes are the same each time."""

    name: str
    body: bytes
    exact: bool = True

    def may_have(self, size: int | None) -> bool:
        """Say whether a file of `size` bytes can be this one, None for no file."""
        if size is None:
            return False
        play = 0 if self.exact else _PLAY
        return abs(size - len(self.body)) <= play


def outgoing(artifact: Artifact, settings: OutgoingSettings) -> Sequence[Outgoing]:
    """Return the files of `artifact` in the order in which they must appear.

    Blocks where PGP is among the containers. Raises UnsafeNameError and the errors
    of `hub_sftp.containers.wrapping.wrap`.
    """
    inside, name = _names(artifact, settings)
    body = wrap(artifact.body, inside, settings)
    exact = "pgp" not in settings.containers
    digest = hashlib.sha256(body).hexdigest()
    files = [Outgoing(name=name, body=body, exact=exact)]
    if settings.manifest_suffix:
        files.append(
            Outgoing(
                name=checked(name, settings.manifest_suffix),
                body=f"{digest}  {name}\n".encode(),
                exact=exact,
            )
        )
    if settings.marker_suffix:
        files.append(
            Outgoing(
                name=checked(name, settings.marker_suffix),
                body=f"count={_lines(artifact.body)}\nsha256={digest}\n".encode(),
                exact=exact,
            )
        )
    return files


def _names(artifact: Artifact, settings: OutgoingSettings) -> tuple[str, str]:
    """Return the name inside a zip archive and the name outside."""
    file_name(artifact)  # an id that is no name is refused, whatever the template
    words = {
        "sender": settings.sender,
        "receiver": settings.receiver or plain(settings.partner),
        "mode": settings.mode,
    }
    stem = stem_of(artifact, settings.file_name, words)
    inside = checked(stem, artifact.suffix)
    return inside, checked(stem, artifact.suffix + endings(settings))


def _lines(body: bytes) -> int:
    return body.count(b"\n") + (not body.endswith(b"\n") and bool(body))


def evidence(what: str, files: Sequence[Outgoing], settings: OutgoingSettings) -> str:
    """Return what a receipt says of `files`: the name where the settings make it."""
    named = f" as {files[0].name}" if settings.file_name else ""
    return f"{what}{named}, {len(files[0].body)} bytes"
