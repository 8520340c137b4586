"""The declaration of the normaliser ``x12``."""

from hub.sdk import NormaliserSpec
from hub_payer.x12 import reading
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.row_codes import ROW_CODES
from hub_payer.x12_services import codes

X12 = NormaliserSpec(
    name="x12",
    media_type="application/edi-x12",
    profile=X12Profile,
    normalise=reading.normalise,
    read=reading.read,
    row_codes={**codes.ROW_CODES, **ROW_CODES},
    summary="X12 interchanges: member lists (834), 270, 271, 278, 835, 837, answers.",
)
