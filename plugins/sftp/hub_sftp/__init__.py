"""SFTP and folder transport for Carehub."""

from collections.abc import Iterable

import hub_sftp.errors
import hub_sftp.fetching.errors  # noqa: F401 - a loaded plugin explains its codes
from hub.sdk import Destination, DestinationSpec, Source, SourceSpec, hookimpl
from hub_sftp.containers import unwrap, unwrap_package
from hub_sftp.fetching.settings import FolderPollerSettings, SftpPollerSettings
from hub_sftp.folder import Folder
from hub_sftp.settings import FolderSettings, WriterSettings

HUB_API = ">=1.3,<2"


# paramiko takes its time, and most commands need none of it.
def _folder_poller(settings: FolderPollerSettings) -> Source:
    from hub_sftp.fetching.poller import folder_poller  # noqa: PLC0415

    return folder_poller(settings)


def _sftp_poller(settings: SftpPollerSettings) -> Source:
    from hub_sftp.fetching.poller import sftp_poller  # noqa: PLC0415

    return sftp_poller(settings)


def _sftp_writer(settings: WriterSettings) -> Destination:
    from hub_sftp.writer import SftpWriter  # noqa: PLC0415

    return SftpWriter(settings)


@hookimpl
def sources() -> Iterable[SourceSpec]:
    """Provide ``folder-poller`` and ``sftp-poller``."""
    yield SourceSpec(
        kind="folder-poller",
        settings=FolderPollerSettings,
        build=_folder_poller,
        normaliser="roster-csv",
        summary="Takes files from a folder of this machine, and answers them.",
        unwrap=unwrap,
        unwrap_package=unwrap_package,
    )
    yield SourceSpec(
        kind="sftp-poller",
        settings=SftpPollerSettings,
        build=_sftp_poller,
        normaliser="roster-csv",
        summary="Fetches files from an SFTP server, and answers them.",
        unwrap=unwrap,
        unwrap_package=unwrap_package,
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
        build=_sftp_writer,
        summary="Uploads each artifact as a file to an SFTP server.",
    )
