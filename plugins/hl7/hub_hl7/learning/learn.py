"""Looks at samples of a feed and proposes its profile.

What the samples prove goes into the profile, as far as it differs from the
defaults. What they only suggest is a finding of the topic ``question``: identities,
classes and what happens to test messages are for a person to decide. No finding
holds what stands in a field, but for codes and the names of organisations.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hub.sdk import Finding, HubError, Learned
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import PLACEHOLDERS, Hl7Profile
from hub_hl7.learning.letters import Letters, letters_of, settings_of
from hub_hl7.learning.questions import questions
from hub_hl7.learning.sampling import MISSING, MOST_MESSAGES, UNREADABLE, messages_in
from hub_hl7.learning.survey import LIKELY_PLACEHOLDERS, Survey
from hub_hl7.wire import charset
from hub_hl7.wire.er7 import Message
from hub_hl7.wire.header import read_header

#: What an anomaly means for whoever runs the feed.
REMARKS = {
    "charset.byte_order_mark": "Messages start with a byte order mark; it is ignored",
    "control_id.missing": "Messages without MSH-10 cannot be matched with their answer",
    "control_id.reused": "Different messages have the same MSH-10; both are processed",
    "delimiters.repeated": "MSH-2 was escaped once too often; it is read all the same",
    "delimiters.unusual": "MSH-1 and MSH-2 are not the usual ones; they are obeyed",
    "escape.unpaired": "There is an escape character without a partner; it is data",
    "line_end.crlf": "Segments end with CRLF instead of CR; they are read all the same",
    "line_end.lf": "Segments end with LF instead of CR; they are read all the same",
    "line_end.mixed": "Some segments end with CR and some with LF; both are read",
    "message.repeated": "The same message is there more than once; it counts once",
    "pid.missing": "An ADT message has no PID",
    "pid.repeated": "A message has more than one PID",
    "sample.batch": "Messages come in batches, for which hl7-batch is the normaliser",
    "sample.framed": "The file was captured with the framing of MLLP",
    "sample.hl7-010": "The batch does not hold as many messages as its trailer says",
    "sample.more_messages": f"Only the first {MOST_MESSAGES} were looked at",
    "segment.unreadable": "A line is no segment: perhaps text with a line end in it",
    "time.offset_invalid": "A time has an offset that no place on Earth has",
}


def learn(samples: Sequence[bytes]) -> Learned:
    """Return the profile that `samples` suggest and what they show.

    A sample is a message, or a file with many: a batch, messages one after the
    other, or a capture with the framing of MLLP. At most `MOST_MESSAGES` are looked
    at. Never raises for content.
    """
    survey = Survey()
    bodies = _bodies(samples, survey.anomalies)
    letters = letters_of(bodies)
    for body in bodies:
        message = _read(body, letters.profile)
        if message is not None:
            survey.add(message, body)
    country = survey.clocks.country
    if letters.guessed and country is not None:
        letters = letters_of(bodies, country.charset)
    profile = letters.profile | _proposed(survey)
    findings = [
        *_of_fields(survey),
        *_of_headers(survey, len(bodies)),
        *_of_letters(letters),
        *_of_clocks(survey),
        *_of_visits(survey),
        *_of_outcomes(bodies, profile, survey),
        *_of_anomalies(survey),
        *questions(survey, letters, profile),
    ]
    return Learned(profile=profile, findings=tuple(findings))


def _bodies(samples: Sequence[bytes], anomalies: Counter[str]) -> list[bytes]:
    bodies: list[bytes] = []
    for body in messages_in(samples, anomalies):
        if len(bodies) == MOST_MESSAGES:
            anomalies["sample.more_messages"] += 1
            break
        bodies.append(body)
    return bodies


def _read(body: bytes, profile: dict[str, Any]) -> Message | None:
    """Return the message in `body`, None where it is none or only an envelope."""
    header = read_header(body)
    if header is None:
        return None  # the outcomes say why, here and below
    try:
        decoded = charset.decode_message(body, header, **settings_of(profile))
        message = Message(decoded.text, codec=decoded.codec)
    except HubError:
        return None
    return message if message.header.name == "MSH" else None


def _proposed(survey: Survey) -> dict[str, Any]:
    """Return the settings that the samples prove, beyond those of letters."""
    profile: dict[str, Any] = {}
    country = survey.clocks.country
    if country is not None and not survey.clocks.contradicts(country.zone):
        profile["time_zone"] = country.zone
    if country is not None and country.alpha2 == "DE":
        profile["country"] = "DE"
    authority = _authority(survey)
    if authority:
        profile["assigning_authority"] = authority
    if survey.clocks.midnight_is_padding:
        profile["midnight_means_day"] = True
    if survey.visits.shared:
        profile["visit_number_scope"] = "case"
    further = [text for text in LIKELY_PLACEHOLDERS if survey.placeholders[text]]
    if further:
        profile["placeholders"] = [*PLACEHOLDERS, *further]
    return profile


def _authority(survey: Survey) -> str:
    """Return who assigned the numbers that do not say so, "" where that is unclear."""
    if len(survey.bare) != 1:
        return ""
    facility = next(iter(survey.bare))
    if facility in {MISSING, UNREADABLE}:
        return ""
    named = set(survey.authorities)
    return facility if not named or facility in named else ""


def _of_fields(survey: Survey) -> Iterator[Finding]:
    for (segment, number), count in sorted(survey.fields.items()):
        of = survey.segments[segment]
        remark = f"in {100 * count // of} % of {of}"
        yield Finding(
            topic="field", value=f"{segment}-{number}", count=count, remark=remark
        )
    for name, count in sorted(survey.segments.items()):
        local = name.startswith("Z")
        remark = "defined by the site: kept, and interpreted only by a profile"
        if name == "ZBE":
            remark = "movements of IHE PAM: they decide, as `movements` says"
        yield Finding(
            topic="local_segment" if local else "segment",
            value=name,
            count=count,
            remark=remark if local else "",
        )


def _of_headers(survey: Survey, messages: int) -> Iterator[Finding]:
    yield Finding(topic="messages", value="in all", count=messages)
    for topic, counts in (
        ("version", survey.versions),
        ("type", survey.types),
        ("processing_id", survey.processing),
        ("accept/application_ack", survey.modes),
        ("sender", survey.senders),
        ("authority", survey.authorities),
        ("class", survey.classes),
        ("placeholder", survey.placeholders),
    ):
        yield from _counted(topic, counts)


def _counted(topic: str, counts: Counter[str]) -> Iterator[Finding]:
    for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield Finding(topic=topic, value=value, count=count)


def _of_letters(letters: Letters) -> Iterator[Finding]:
    yield from _counted("charset", letters.declared)
    yield from _counted("bytes", letters.kinds)
    for value, count, remark in (
        (
            "charset.undeclared",
            letters.undeclared,
            "letters beyond ASCII, and MSH-18 does not say in which set",
        ),
        ("charset.mismatch", letters.wrong, "MSH-18 declares another set than is used"),
        ("charset.unreadable", letters.unreadable, "no set that was tried reads them"),
    ):
        if count:
            yield Finding(topic="anomaly", value=value, count=count, remark=remark)


def _of_clocks(survey: Survey) -> Iterator[Finding]:
    clocks = survey.clocks
    yield from _counted("offset", clocks.offsets)
    for country, count in clocks.countries.items():
        yield Finding(
            topic="country", value=country.alpha3, count=count, remark=country.zone
        )
    for value, count in (
        ("times without an offset", clocks.without_offset),
        ("what happened at midnight", clocks.at_midnight),
        ("what happened at any time", clocks.happened),
    ):
        if count:
            yield Finding(topic="time", value=value, count=count)


def _of_visits(survey: Survey) -> Iterator[Finding]:
    yield from _counted("movement", survey.movements)
    if shared := survey.visits.shared:
        remark = "a contact starts after another one of the number ended"
        yield Finding(topic="visit_number", value="PV1-19", count=shared, remark=remark)


def _of_outcomes(
    bodies: Iterable[bytes], values: dict[str, Any], survey: Survey
) -> Iterator[Finding]:
    """Yield what the hub would make of the messages with the proposed profile.

    Test messages are read like others here: what they show holds for both. A
    warning that is an anomaly too is told there.
    """
    profile = Hl7Profile.model_validate(values | {"test_messages": "apply"})
    outcomes: Counter[tuple[str, str]] = Counter()
    for body in bodies:
        made = normalise(body, profile)
        outcomes.update(("fact", fact.kind.value) for fact in made.facts)
        warnings = (code for code in made.warnings if not survey.anomalies[code])
        outcomes.update(("warning", code) for code in warnings)
        if made.unmapped is not None:
            outcomes["unmapped", made.unmapped] += 1
        if made.problem is not None:
            outcomes["problem", made.problem.code] += 1
    for (topic, value), count in sorted(outcomes.items()):
        remark = _in_catalogue(value) if topic == "problem" else ""
        yield Finding(topic=topic, value=value, count=count, remark=remark)


def _in_catalogue(code: str) -> str:
    error = HubError.catalogue.get(code)
    return f"{error.summary}. {error.remedy}" if error else ""


def _of_anomalies(survey: Survey) -> Iterator[Finding]:
    for code, count in sorted(survey.anomalies.items()):
        if count:
            remark = REMARKS.get(code) or _in_catalogue(code)
            yield Finding(topic="anomaly", value=code, count=count, remark=remark)
