"""What the hub is told of each kind of table."""

from collections.abc import Iterable

from hub.sdk import NormaliserSpec
from hub_payer.tables import acks, caregap, roster
from hub_payer.tables.codes import ACK_CODES, GAP_CODES, ROSTER_CODES
from hub_payer.tables.learning import learn_ack, learn_caregap, learn_roster

_MEDIA_TYPE = "text/csv"


def table_normalisers() -> Iterable[NormaliserSpec]:
    """Yield ``roster-csv``, ``caregap-csv`` and ``ack-csv``."""
    yield NormaliserSpec(
        name="roster-csv",
        media_type=_MEDIA_TYPE,
        profile=roster.RosterProfile,
        normalise=roster.normalise,
        summary="Members of a payer in delimited or fixed-width text.",
        learn=learn_roster,
        outline=roster.outline,
        read=roster.read,
        row_codes=ROSTER_CODES,
    )
    yield NormaliserSpec(
        name="caregap-csv",
        media_type=_MEDIA_TYPE,
        profile=caregap.CareGapProfile,
        normalise=caregap.normalise,
        summary="Care gaps of members in delimited or fixed-width text.",
        learn=learn_caregap,
        outline=caregap.outline,
        read=caregap.read,
        row_codes=GAP_CODES,
    )
    yield NormaliserSpec(
        name="ack-csv",
        media_type=_MEDIA_TYPE,
        profile=acks.AckProfile,
        normalise=acks.normalise,
        summary="What a partner says of our files, in delimited text.",
        learn=learn_ack,
        read=acks.read,
        row_codes=ACK_CODES,
    )
