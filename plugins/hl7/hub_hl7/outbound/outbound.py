"""One notice on its way to becoming one message: options, header and event.

Everything that a message says is a function of the notice and the options, also its
time (MSH-7, when the event was emitted) and its name (MSH-10), so that sending it
again sends the same bytes and a recipient can tell that it is the same (R-HL7-16).
Source: HL7 v2.5.1, sections 2.15.9 and 3.4.1.
"""

from base64 import b32encode
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from hub.sdk import CareEvent, Notice, Rendered, Settings
from hub_hl7.outbound.building import Content, Exact, Leaf, Line, compose
from hub_hl7.outbound.stamping import instant, stamp
from hub_hl7.outbound.statements import at, authority, leaf
from hub_hl7.wire.charset import codec_of

MEDIA_TYPE = "x-application/hl7-v2+er7"
#: The longest MSH-10 that every version allows.
LONGEST_CONTROL_ID = 20
Version = Literal[
    "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1",
    "2.8.2",
]  # fmt: skip
Acknowledge = Literal["", "AL", "NE", "ER", "SU"]


def writing_codec(charset: str) -> str:
    """Return the codec that writes a character set of table 0211.

    8859/1 is written as such, though it is read as its superset cp1252. Raises
    ValueError for a set that is not known.
    """
    codec = codec_of(charset)
    if codec is None:
        raise ValueError("not a character set of HL7 table 0211, such as 8859/1")
    if codec == "cp1252" and "1252" not in charset:
        return "latin-1"
    return "utf-8" if codec.startswith("utf") else codec or "ascii"


def _writable(charset: str) -> str:
    writing_codec(charset)
    return charset


def _known_zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError("not an IANA time zone, such as Europe/Berlin")
    return name


class MessageOptions(Settings):
    """What a recipient of HL7 v2 messages expects; the same for every format."""

    version: Version = Field(default="2.5.1", description="Version of HL7 (MSH-12).")
    charset: Annotated[str, AfterValidator(_writable)] = Field(
        default="UNICODE UTF-8",
        description=(
            "Character set (MSH-18, table 0211). Letters that it lacks are "
            "transliterated; what cannot be is refused, never sent as a question mark."
        ),
    )
    sending_application: str = Field(
        default="CAREHUB", description="MSH-3; components are separated by ^."
    )
    sending_facility: str = Field(
        default="", description="MSH-4; empty: the name of the hub."
    )
    receiving_application: str = Field(default="", description="MSH-5.")
    receiving_facility: str = Field(default="", description="MSH-6.")
    processing_id: Literal["P", "T", "D"] = Field(
        default="P", description="Production, training or debugging (MSH-11)."
    )
    accept_ack: Acknowledge = Field(
        default="",
        description="When a commit acknowledgement is wanted (MSH-15); empty: unsaid.",
    )
    application_ack: Acknowledge = Field(
        default="",
        description="When an application acknowledgement is wanted (MSH-16).",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="",
        description=(
            "IANA zone in which instants are written, always with their offset; "
            "empty: the zone of whoever stated them."
        ),
    )
    patient_id_authority: str = Field(
        default="",
        description=(
            "Who assigned the recipient's own patient numbers (PID-3.4); empty: "
            "receiving_facility, else the name of the destination."
        ),
    )
    patient_id_type: str = Field(
        default="PI", description="Type of these numbers (PID-3.5, table 0203)."
    )


class Telling:
    """A notice, the options of its recipient, and what both together imply."""

    def __init__(self, notice: Notice, options: MessageOptions) -> None:
        self.notice = notice
        self.options = options

    @property
    def event(self) -> CareEvent:
        """The event that the notice is about."""
        return self.notice.event

    @property
    def payload(self) -> dict[str, Any]:
        """What the event says, three-valued."""
        return self.notice.event.payload

    @cached_property
    def person(self) -> dict[str, Any]:
        """What is told of the person, three-valued."""
        if self.event.type.startswith("person."):
            return self.payload
        stated = at(self.payload, "person")
        return stated if isinstance(stated, dict) else {}

    @cached_property
    def version(self) -> tuple[int, ...]:
        """The version of HL7 as numbers that compare."""
        return tuple(int(part) for part in self.options.version.split("."))

    def moment(self, value: Any) -> Leaf:
        """Return a time of the payload as the recipient reads it."""
        return stamp(value, self.options.time_zone)

    @property
    def occurred(self) -> Leaf:
        """When it happened, "" where nobody said."""
        return self.moment(self.event.times.occurred or "")


def control_id(notice: Notice) -> str:
    """Return MSH-10: 100 bits of a digest of the event and its recipient."""
    name = f"{len(notice.event.id)}:{notice.event.id}{notice.destination}"
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=13).digest()
    return b32encode(digest).decode("ascii")[:LONGEST_CONTROL_ID]


def header(telling: Telling, kind: str, trigger: str, structure: str) -> Line:
    """Return MSH of a message ``kind^trigger^structure``."""
    options = telling.options
    named = structure if telling.version >= (2, 4) else ""
    return Line(
        "MSH",
        {
            3: _party(options.sending_application),
            4: _party(options.sending_facility or telling.notice.hub),
            5: _party(options.receiving_application),
            6: _party(options.receiving_facility),
            7: instant(telling.event.times.emitted, options.time_zone),
            9: (kind, trigger, named),
            10: Exact(control_id(telling.notice)),
            11: options.processing_id,
            12: options.version,
            15: options.accept_ack,
            16: options.application_ack,
            18: options.charset,
        },
    )


def _party(text: str) -> tuple[Leaf, ...]:
    return tuple(text.split("^"))


def event_line(telling: Telling, trigger: str) -> Line:
    """Return EVN. In a cancel EVN-6 is the time of what is cancelled."""
    times = telling.event.times
    recorded = telling.moment(times.recorded or "")
    fields: dict[int, Content] = {
        1: trigger if telling.version < (2, 7) else "",
        2: recorded or instant(times.received, telling.options.time_zone),
        3: telling.moment(at(telling.payload, "planned")),
        4: leaf(at(telling.payload, "event_reason")),
        6: telling.occurred,
        7: _facility(telling) if telling.version >= (2, 4) else "",
    }
    return Line("EVN", fields)


def _facility(telling: Telling) -> Content:
    name = at(telling.payload, "facility", "name")
    number = at(telling.payload, "facility", "id")
    if isinstance(number, str) and number:
        who = authority(number)
        universal = who[1:] if isinstance(who, tuple) else (number, "L")
        return (name if isinstance(name, str) else "", *universal)
    return name if isinstance(name, str) and name else telling.event.source.facility


def message(telling: Telling, lines: Iterable[Line]) -> Rendered:
    """Return the artifact of `lines`. Raises UnmappableError."""
    body = compose(lines, writing_codec(telling.options.charset))
    return Rendered(body=body, media_type=MEDIA_TYPE, suffix=".hl7")


def only(notices: Sequence[Notice]) -> Notice:
    """Return the notice of an artifact that holds exactly one."""
    (notice,) = notices
    return notice
