"""Carehub connector: Open Referral directories, and referrals for small places."""

from collections.abc import Iterable

import hub_community.fetching.errors
import hub_community.mail.errors
import hub_community.page.errors
import hub_community.tables.errors  # noqa: F401 - a plugin that is loaded explains its codes
from hub.sdk import (
    STATEMENT_MEDIA_TYPE,
    Destination,
    DestinationSpec,
    MatcherSpec,
    NormaliserSpec,
    RendererSpec,
    Source,
    SourceSpec,
    hookimpl,
)
from hub_community.fetching.settings import ApiSettings, FolderSettings, HttpSettings
from hub_community.hsds.spec import HSDS
from hub_community.mail.agreeing import disagreements
from hub_community.mail.invitation import InvitationOptions
from hub_community.mail.invitation import render as render_invitation
from hub_community.mail.settings import ReferralMailSettings
from hub_community.matching.weights import WEIGHTS
from hub_community.page.settings import PageSettings
from hub_community.page.statements import StatementProfile
from hub_community.page.statements import normalise as normalise_statement
from hub_community.tables import status
from hub_community.tables.outgoing import ReferralCsvOptions
from hub_community.tables.outgoing import render as render_table
from hub_community.tables.profile import StatusProfile
from hub_community.tables.row_codes import ROW_CODES

HUB_API = ">=1.5,<2"


def _referral_page(settings: PageSettings) -> Source:
    # aiohttp takes its time, and most commands need none of it.
    from hub_community.page.server import ReferralPage  # noqa: PLC0415

    return ReferralPage(settings)


def _referral_mail(settings: ReferralMailSettings) -> Destination:
    from hub_community.mail.destination import ReferralMail  # noqa: PLC0415

    return ReferralMail(settings)


def _directory_folder(settings: FolderSettings) -> Source:
    from hub_community.fetching.folder import Folder  # noqa: PLC0415

    return Folder(settings)


def _directory_package(settings: HttpSettings) -> Source:
    from hub_community.fetching.package import HttpPackage  # noqa: PLC0415

    return HttpPackage(settings)


def _directory_api(settings: ApiSettings) -> Source:
    from hub_community.fetching.api import ApiDirectory  # noqa: PLC0415

    return ApiDirectory(settings)


@hookimpl
def sources() -> Iterable[SourceSpec]:
    """Provide ``referral-page``, and what fetches directories."""
    yield SourceSpec(
        kind="referral-page",
        settings=PageSettings,
        build=_referral_page,
        normaliser="referral-statement",
        summary="A web page where partners without a system work their referrals.",
    )
    yield SourceSpec(
        kind="hsds-folder",
        settings=FolderSettings,
        build=_directory_folder,
        normaliser="hsds",
        summary="Watches a folder for packages of a directory.",
    )
    yield SourceSpec(
        kind="hsds-http",
        settings=HttpSettings,
        build=_directory_package,
        normaliser="hsds",
        summary="Fetches a package of a directory from an address.",
    )
    yield SourceSpec(
        kind="hsds-api",
        settings=ApiSettings,
        build=_directory_api,
        normaliser="hsds",
        summary="Reads a directory through its API, and then what changed of it.",
    )


@hookimpl
def destinations() -> Iterable[DestinationSpec]:
    """Provide ``referral-mail``."""
    yield DestinationSpec(
        kind="referral-mail",
        settings=ReferralMailSettings,
        build=_referral_mail,
        summary="Mails each artifact to a partner, over TLS.",
    )


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``hsds`` and ``referral-statement``."""
    yield HSDS
    yield NormaliserSpec(
        name="referral-statement",
        media_type=STATEMENT_MEDIA_TYPE,
        profile=StatementProfile,
        normalise=normalise_statement,
        summary="What a partner says of a referral, in the hub's own JSON.",
    )
    yield NormaliserSpec(
        name="referral-status-csv",
        media_type="text/csv",
        profile=StatusProfile,
        normalise=status.normalise,
        summary="What a partner says of referrals, in rows of a table.",
        outline=status.outline,
        read=status.read,
        row_codes=ROW_CODES,
    )


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``referral-invitation`` and ``referral-csv``."""
    yield RendererSpec(
        name="referral-invitation",
        options=InvitationOptions,
        render=render_invitation,
        summary="A mail with a link to the referral page, and no content.",
        agrees_with="referral-page",
        agree=disagreements,
    )
    yield RendererSpec(
        name="referral-csv",
        options=ReferralCsvOptions,
        render=render_table,
        summary="Referrals as rows of a table that can be sent back with answers.",
        max_notices=1000,
    )


@hookimpl
def matchers() -> Iterable[MatcherSpec]:
    """Provide ``weights``."""
    yield WEIGHTS
