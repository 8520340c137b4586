"""``x12-270``: asks a payer whether people are insured, and until when. Pure.

A 270 goes out for the person of each notice (of a planned admission, say), and the 271
that answers it is read as a file of the payer's. Source: ASC X12N 005010X279A1.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, NamedTuple

from pydantic import Field

from hub.sdk import Notice, Rendered
from hub_payer.x12.writer import NUMBER
from hub_payer.x12_services.ends import EnvelopeOptions
from hub_payer.x12_services.errors import NoMemberError, NoNotificationError
from hub_payer.x12_services.interchange import interchange
from hub_payer.x12_services.lines import (
    LONGEST_ID,
    Segment,
    facility_nm1,
    number_of,
    originator,
    payer_nm1,
    person_lines,
    reference_of,
    subscriber_lines,
)
from hub_payer.x12_services.told import (
    Insurance,
    Patient,
    insurance_of,
    patient_of,
    period_of,
)

VERSION = "005010X279A1"


class Inquiry270Options(EnvelopeOptions):
    """Options of ``x12-270``."""

    service_types: list[Annotated[str, Field(pattern=r"^[0-9A-Z]{1,2}$")]] = Field(
        default=["30"],
        min_length=1,
        max_length=99,
        description="What is asked about (EQ01): 30 is the plan as a whole.",
    )


class Question(NamedTuple):
    """Whether somebody is insured on a day; `trace` comes back in the answer."""

    trace: str
    asked: datetime
    day: date
    patient: Patient
    insurance: Insurance
    source: Segment
    receiver: Segment


def render(notices: Sequence[Notice], options: Inquiry270Options) -> Rendered:
    """Return an interchange with a question for the person of each notice.

    Raises NoMemberError where the payer cannot know somebody by any number,
    NoNotificationError for an event that is about no stay.
    """
    return interchange(
        notices,
        [list(question(_asked(each, options), options)) for each in notices],
        options,
        transaction="270",
        version=VERSION,
        group="HS",
        kind="270",
    )


def question(asked: Question, options: Inquiry270Options) -> Iterator[Segment]:
    """Yield what stands between ST and SE of a 270 about one person."""
    insurance = asked.insurance
    told = asked.asked
    yield ["BHT", "0022", "13", NUMBER, f"{told:%Y%m%d}", f"{told:%H%M%S}"]
    yield ["HL", "1", "", "20", "1"]
    yield asked.source
    yield ["HL", "2", "1", "21", "1"]
    yield asked.receiver
    yield ["HL", "3", "2", "22", "1" if insurance.dependent else "0"]
    trace: Segment = ["TRN", "1", asked.trace, originator(options)]
    member = ("MI", number_of(insurance.member_id, options, LONGEST_ID))
    if insurance.dependent:
        yield from subscriber_lines(insurance, options)
        yield ["HL", "4", "3", "23", "0"]
        yield trace
        yield from person_lines("03", asked.patient, ("", ""), options)
    else:
        yield trace
        yield from person_lines("IL", asked.patient, member, options)
    yield ["DTP", "291", "D8", f"{asked.day:%Y%m%d}"]
    for each in options.service_types:
        yield ["EQ", each]


def _asked(notice: Notice, options: Inquiry270Options) -> Question:
    """Return what is asked on account of a notice."""
    event, insurance = notice.event, insurance_of(notice)
    if not event.type.startswith("encounter."):
        raise NoNotificationError(event.type)
    if not insurance.member_id:
        raise NoMemberError
    told = event.times.emitted.astimezone(UTC)
    (_, began), _ended = period_of(notice)
    return Question(
        trace=reference_of(event.id, options),
        asked=told,
        day=_day(began) or told.date(),
        patient=patient_of(notice),
        insurance=insurance,
        source=payer_nm1(notice, options),
        receiver=facility_nm1(notice, options, "1P"),
    )


def _day(digits: str) -> date | None:
    try:
        return datetime.strptime(digits[:8], "%Y%m%d").date()  # noqa: DTZ007  a day of the place where it is
    except ValueError:
        return None
