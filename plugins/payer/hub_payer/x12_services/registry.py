"""What reads which transaction set about services, and what makes facts of its rows."""

from collections.abc import Mapping

from hub_payer.x12.handlers import Handler, NormaliseRow
from hub_payer.x12_services import claims, eligibility, remittances, reviews
from hub_payer.x12_services.legible import legible
from hub_payer.x12_services.statements import normalise_service

#: What reads a transaction set, by its ST01.
HANDLERS: Mapping[str, Handler] = {
    "270": legible(eligibility.inquiries),
    "271": legible(eligibility.rows),
    "278": legible(reviews.rows),
    "835": legible(remittances.rows),
    "837": legible(claims.rows),
}
#: What makes facts of a row, by the ``kind`` in its body.
NORMALISERS: Mapping[str, NormaliseRow] = dict.fromkeys(
    (
        "authorization",
        "eligibility",
        "inquiry",
        "claim",
        "remittance",
        "payment",
        "unattributed",
    ),
    normalise_service,
)
