"""``x12-278n``: notices of admission and discharge as 278 notifications. Pure.

    ST BHT
    HL 20 NM1     who tells: the facility       (2000A, 2010A)
    HL 21 NM1     who is told: the payer        (2000B, 2010B)
    HL 22 NM1 …   the subscriber                (2000C, 2010C)
    [HL 23 NM1 …] the patient, if another       (2000D, 2010D)
    HL EV TRN UM … the stay                     (2000E, 2010E)

Source: ASC X12N 005010X216 as far as it is public; domain 6.2.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any, Literal, NamedTuple

from pydantic import Field

from hub.sdk import Notice, Rendered, Settings
from hub_payer.cells import code, member, tables, text
from hub_payer.x12.writer import NUMBER
from hub_payer.x12_services.ends import EnvelopeOptions
from hub_payer.x12_services.errors import NoNotificationError
from hub_payer.x12_services.interchange import interchange
from hub_payer.x12_services.lines import (
    GIVEN_NAME,
    LAST_NAME,
    LONGEST_ID,
    Segment,
    facility_nm1,
    number_of,
    originator,
    payer_nm1,
    person_lines,
    reference_of,
    subscriber_lines,
    words_of,
)
from hub_payer.x12_services.told import (
    Diagnosis,
    attending_of,
    diagnoses_of,
    insurance_of,
    patient_of,
    period_of,
)

VERSION = "005010X216"
_MESSAGE = 264
_ADVANCE = frozenset({"encounter.preadmitted", "encounter.admit_pending"})
#: What is told of a stay first; all else revises it (UM02).
_FIRST = _ADVANCE | {
    "encounter.registered",
    "encounter.ed_arrived",
    "encounter.admitted",
    "encounter.observed",
}
_TAKEN_BACK = frozenset({"encounter.admission_reversed"})
#: A stay that is not over has this patient status (UB-04, form locator 17).
_STILL_PATIENT = "30"
#: What place of service each class of a stay is (CMS place of service code set).
_PLACES = {
    "inpatient": "21", "short-stay": "21", "IMP": "21", "emergency": "23",
    "EMER": "23", "observation": "22", "outpatient": "22", "AMB": "22",
    "OBSENC": "22", "rehab": "61", "psychiatric": "51",
}  # fmt: skip
# Types of admission in HL7 table 0007 that UB-04 has too.
_TYPES = {"E": "1", "U": "2", "C": "3", "N": "4"}


class Purposes(Settings):
    """Which BHT02 says what; partners differ, and their guide decides."""

    notice: str = Field(
        default="CN", pattern=r"^[0-9A-Z]{2}$", description="It has happened."
    )
    advance: str = Field(
        default="14", pattern=r"^[0-9A-Z]{2}$", description="It is planned."
    )
    cancellation: str = Field(
        default="01", pattern=r"^[0-9A-Z]{2}$", description="It is taken back."
    )


class Notification278Options(EnvelopeOptions):
    """Options of ``x12-278n``."""

    purposes: Purposes = Field(default=Purposes(), description="Which BHT02 says what.")
    first_level: Literal["facility", "payer"] = Field(
        default="facility",
        description=(
            "Who stands at the level 20: the facility, as who notifies, or the payer,"
            " as in requests (005010X217)."
        ),
    )
    service_type: str = Field(
        default="",
        pattern=r"^[0-9A-Z]{0,2}$",
        description="UM03 of every notification; empty: none.",
    )


def render(notices: Sequence[Notice], options: Notification278Options) -> Rendered:
    """Return an interchange with a transaction set for each notice.

    Raises NoNotificationError and UnwritableNumberError, neither of which quotes the
    notice.
    """
    return interchange(
        notices,
        [list(_Notification(each, options).segments()) for each in notices],
        options,
        transaction="278",
        version=VERSION,
        group="HI",
        kind="278n",
    )


class _Notification(NamedTuple):
    """One notice on its way into a transaction set."""

    notice: Notice
    options: Notification278Options

    @property
    def cancels(self) -> bool:
        """Whether the notice takes back what was told before."""
        event = self.notice.event
        told = event.correction is not None and event.correction.kind == "retraction"
        return told or event.type.endswith("_cancelled") or event.type in _TAKEN_BACK

    def segments(self) -> Iterator[Segment]:
        """Yield what stands between ST and SE."""
        event = self.notice.event
        if not event.type.startswith("encounter."):
            raise NoNotificationError(event.type)
        yield self._bht()
        facility = facility_nm1(self.notice, self.options, "FA")
        payer = payer_nm1(self.notice, self.options)
        first, second = (facility, payer)
        if self.options.first_level == "payer":
            first, second = (payer, facility)
        yield ["HL", "1", "", "20", "1"]
        yield first
        yield ["HL", "2", "1", "21", "1"]
        yield second
        yield from self._people()

    def _bht(self) -> Segment:
        """Return the header. What answers it repeats BHT03, by which it is found."""
        purposes, event = self.options.purposes, self.notice.event
        purpose = purposes.advance if event.type in _ADVANCE else purposes.notice
        if self.cancels:
            purpose = purposes.cancellation
        told = event.times.emitted.astimezone(UTC)
        return ["BHT", "0007", purpose, NUMBER, f"{told:%Y%m%d}", f"{told:%H%M%S}"]

    def _people(self) -> Iterator[Segment]:
        insurance, patient = insurance_of(self.notice), patient_of(self.notice)
        own = ("MI", number_of(insurance.member_id, self.options, LONGEST_ID))
        if not own[1]:  # nobody the payer knows by a number: ours, which says nothing
            own = (
                "ZZ",
                reference_of(self.notice.event.entity.key, self.options),
            )
        yield ["HL", "3", "2", "22", "1"]
        if not insurance.dependent:
            yield from person_lines("IL", patient, own, self.options, self._account)
            yield from self._event("4", "3")
            return
        yield from subscriber_lines(insurance, self.options)
        yield ["HL", "4", "3", "23", "1"]
        yield from person_lines("QC", patient, own, self.options, self._account)
        yield from self._event("5", "4")

    @property
    def _account(self) -> str:
        """The facility's number of the visit."""
        listed = tables(member(self.notice.event.payload, "identifiers"))
        numbers = [text(each.get("value")) for each in listed]
        return next(filter(None, numbers), "")

    def _event(self, number: str, parent: str) -> Iterator[Segment]:
        event, options = self.notice.event, self.options
        trace = reference_of(event.id, options)
        yield ["HL", number, parent, "EV", "0"]
        yield ["TRN", "1", trace, originator(options)]
        yield self._um()
        if event.correction is not None:
            yield [
                "REF",
                "NT",
                reference_of(event.correction.of, options),
            ]
        (began, start), (ended, end) = period_of(self.notice)
        if began:
            yield ["DTP", "435", began, start]
        if ended:
            yield ["DTP", "096", ended, end]
        if hi := _codes(list(diagnoses_of(self.notice))):
            yield ["HI", *hi]
        yield from self._cl1(over=bool(ended))
        yield from self._obligations()
        yield from self._attending()

    def _um(self) -> Segment:
        payload, event = self.notice.event.payload, self.notice.event
        first = event.type in _FIRST and event.correction is None
        certification = "I" if first else "S"
        if self.cancels:
            certification = "3"
        place = _PLACES.get(code(member(payload, "class")), "")
        return [
            "UM",
            "AR",
            certification,
            self.options.service_type,
            [place, "B"] if place else "",
        ]

    def _cl1(self, *, over: bool) -> Iterator[Segment]:
        """Yield type and source of admission and patient status, if UB-04 has them."""
        payload = self.notice.event.payload
        kind = _original(member(payload, "admission", "type"))
        source = _original(member(payload, "admission", "source"))
        left = _original(member(payload, "discharge", "disposition"))
        kind = kind if kind in set("123459") else _TYPES.get(kind, "")
        source = source if len(source) == 1 and source.isalnum() else ""
        left = left.zfill(2) if left.isascii() and left.isdigit() else ""
        status = left if len(left) == 2 else ""  # noqa: PLR2004  UB-04 has two digits
        if not over and (kind or source) and not status:
            status = _STILL_PATIENT
        if kind or source or status:
            yield ["CL1", kind, source, status]

    def _obligations(self) -> Iterator[Segment]:
        """Yield what the recipient has to know of how to handle the notice."""
        for each in tables(self.notice.event.payload.get("obligations")):
            said = text(each.get("text"))
            short = text(each.get("short"))
            best = short if len(said) > _MESSAGE and short else said
            told = words_of(best, self.options, _MESSAGE)
            if told:
                yield ["MSG", told]

    def _attending(self) -> Iterator[Segment]:
        family, given, npi = attending_of(self.notice)
        name = words_of(family, self.options, LAST_NAME)
        if name:
            who = ["", "", "", "XX", npi] if npi else []
            first = words_of(given, self.options, GIVEN_NAME)
            yield ["NM1", "71", "1", name, first, *who]


def _codes(diagnoses: Sequence[Diagnosis]) -> list[list[str]]:
    """Return the composites of HI: the first one is the principal diagnosis."""
    found = []
    for place, each in enumerate(diagnoses):
        kind = "K" if place == 0 else "F"
        if each.use == "A" and place > 0:
            kind = "J"
        found.append([("AB" if each.edition == 10 else "B") + kind, each.code])  # noqa: PLR2004  the edition of ICD
    return found


def _original(value: Any) -> str:
    """Return a code as the sender wrote it: UB-04's, where the sender uses those."""
    if isinstance(value, dict):
        return (text(value.get("original")) or text(value.get("code"))).strip().upper()
    return text(value).strip().upper()
