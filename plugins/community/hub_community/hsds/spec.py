"""The normaliser ``hsds``: directories of community services."""

from hub.sdk import Normalised, NormaliserSpec, Problem
from hub_community.hsds.errors import DirectoryOnlyError
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.reading import read
from hub_community.hsds.row_codes import ROW_CODES
from hub_community.hsds.tables.columns import COLUMNS
from hub_community.validation.codes import ROW_CODES as CHECKED


def normalise(_body: bytes, _profile: HsdsProfile) -> Normalised:
    """Return a problem: a directory is read as a whole, and tells of no person."""
    return Normalised(problem=Problem(DirectoryOnlyError.code))


HSDS = NormaliserSpec(
    name="hsds",
    media_type="application/zip",
    profile=HsdsProfile,
    normalise=normalise,
    summary="Directories of services in the Open Referral format, all versions.",
    directory=read,
    row_codes={**ROW_CODES, **CHECKED},
    columns=COLUMNS,
)
