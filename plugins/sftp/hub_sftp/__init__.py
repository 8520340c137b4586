"""SFTP and folder transport for Carehub."""

from collections.abc import Iterable

from hub.sdk import DestinationSpec, hookimpl
from hub_sftp.folder import Folder
from hub_sftp.settings import FolderSettings, WriterSettings
from hub_sftp.writer import SftpWriter

HUB_API = ">=1.0,<2"


@hookimpl
def destinations() -> Iterable[DestinationSpec]:
    """Provide ``folder`` and ``sftp-writer``."""
    yield DestinationSpec(
        kind="folder",
        settings=FolderSettings,
        build=Folder,
        summary="Writes each artifact as a file into a folder of this machine.",
    )
    yield DestinationSpec(
        kind="sftp-writer",
        settings=WriterSettings,
        build=SftpWriter,
        summary="Uploads each artifact as a file to an SFTP server.",
    )
