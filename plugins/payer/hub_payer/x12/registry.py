"""Which transaction sets are read, and what makes facts of their rows."""

from collections.abc import Mapping

from hub_payer.x12 import acknowledged, enrolled, enrolment
from hub_payer.x12.handlers import Handler, NormaliseRow
from hub_payer.x12_services import registry as services

#: What reads a transaction set, by its ST01.
HANDLERS: Mapping[str, Handler] = {
    "834": enrolment.rows,
    "997": acknowledged.rows,
    "999": acknowledged.rows,
    **services.HANDLERS,
}
#: What makes facts of a row, by the ``kind`` in its body.
NORMALISERS: Mapping[str, NormaliseRow] = {
    "member": enrolled.normalise,
    "member_details": enrolled.normalise_details,
    **services.NORMALISERS,
}
