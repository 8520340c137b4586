"""SFTP and folder transport for Carehub."""

from collections.abc import Iterable

from hub.sdk import DestinationSpec, SourceSpec, hookimpl
from hub_sftp.containers import unwrap
from hub_sftp.fetching.poller import folder_poller, sftp_poller
from hub_sftp.fetching.settings import FolderPollerSettings, SftpPollerSettings
from hub_sftp.folder import Folder
from hub_sftp.settings import FolderSettings, WriterSettings
from hub_sftp.writer import SftpWriter

HUB_API = ">=1.3,<2"


@hookimpl
def sources() -> Iterable[SourceSpec]:
    """Provide ``folder-poller`` and ``sftp-poller``."""
    yield SourceSpec(
        kind="folder-poller",
        settings=FolderPollerSettings,
        build=folder_poller,
        normaliser="roster-csv",
        summary="Takes files from a folder of this machine, and answers them.",
        unwrap=unwrap,
    )
    yield SourceSpec(
        kind="sftp-poller",
        settings=SftpPollerSettings,
        build=sftp_poller,
        normaliser="roster-csv",
        summary="Fetches files from an SFTP server, and answers them.",
        unwrap=unwrap,
    )


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
