"""What was filled into a form, checked, and the statement that it makes. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import convert

from hub.sdk import Reason, RecordKey, ReferralOutcome, Reported, Statement
from hub_community.page import codes
from hub_community.page.acts import Act
from hub_community.page.wording import Pair, Words
from hub_community.typed import typed_day, typed_time

#: Most characters of a text, of a name and of a role.
LONGEST_TEXT, LONGEST_NAME = 2000, 80
REASONS: Mapping[str, Mapping[str, Pair]] = {
    "declines": codes.DECLINES,
    "delays": codes.DELAYS,
}
_FARTHEST = timedelta(days=731)
#: An appointment that was agreed on in a call may have begun when it is typed in.
_LATE = timedelta(hours=1)
# Line ends stay; whatever else only terminals obey, and lone surrogates, do not.
_UNSEEN = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udfff]")


class Fault(NamedTuple):
    """What is wrong with a field, in words."""

    field: str
    text: str


class Filled(NamedTuple):
    """A form as it came: its values, and what is wrong with them, if anything."""

    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    appointment: datetime | None = None

    def fault(self, field: str) -> str:
        """Return what is wrong with a field, "" for nothing."""
        return next((each.text for each in self.faults if each.field == field), "")


class Worker(NamedTuple):
    """Who says something, for which partner."""

    party: str
    name: str
    role: str = ""


def tidy(text: str) -> str:
    """Return what somebody typed without what nobody sees, in one form (NFC)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text)).strip()


def filled(
    act: Act, posted: Mapping[str, str], now: datetime, zone: ZoneInfo, words: Words
) -> Filled:
    """Return a form of `act` with its faults, in the order of its fields."""
    values: dict[str, str] = {name: tidy(posted.get(name, "")) for name in act.fields}
    faults = [
        Fault(name, words(key, most=LONGEST_TEXT))
        for name in act.fields
        if (key := _fault(act, name, values))
    ]
    at = None
    if "date" in act.fields and not faults:
        at = _appointment(values, zone)
        if key := _odd(at, now):
            faults.append(Fault("time" if key == "e_gap" else "date", words(key)))
    return Filled(values, tuple(faults), at)


def answers(act: Act, name: str) -> Mapping[str, Pair]:
    """Return what can be chosen as the reason or the outcome of an act."""
    if name == "outcome":
        return codes.OUTCOMES_OF[act.outcomes]
    return REASONS.get(act.reasons, {})


def _fault(act: Act, name: str, values: Mapping[str, str]) -> str:
    """Return the key of what is wrong with a field, "" for nothing."""
    value = values[name]
    if name in {"reason", "outcome"}:
        return "" if value in answers(act, name) else "e_choose"
    if name in {"date", "time"}:
        read = typed_day(value) if name == "date" else typed_time(value)
        return f"e_{name}" if read is None else ""
    if len(value) > LONGEST_TEXT:
        return "e_long"
    if name == "explain":
        chosen = values.get("reason") or values.get("outcome")
        return "e_other" if chosen == "other" and not value else ""
    return "" if value else "e_text"


def _appointment(values: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    day, clock = typed_day(values["date"]), typed_time(values["time"])
    if day is None or clock is None:
        return None
    return datetime.combine(day, clock, zone)


def _odd(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "e_date"
    if at.astimezone(UTC).astimezone(at.tzinfo).time() != at.time():
        return "e_gap"
    if at < now - _LATE:
        return "e_past"
    return "e_far" if at > now + _FARTHEST else ""


def statement_of(
    act: Act,
    form: Filled,
    referral: RecordKey,
    worker: Worker,
    now: datetime,
    words: Words,
) -> Statement:
    """Return what a form without faults says.

    A reason always has words: those that were typed, else those that were chosen.
    """
    values, explained = form.values, form.values.get("explain", "")
    outcome = values.get("outcome", "")
    at = form.appointment
    return Statement(
        referral=referral,
        by="performer",
        says=act.says,
        at=now.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        party=worker.party,
        name=worker.name,
        role=worker.role,
        reason=_reason(act, values, explained, words),
        outcome=Reported(convert(outcome, ReferralOutcome), explained)
        if outcome
        else None,
        appointment=at.isoformat(timespec="minutes") if at else "",
        text=_text(act, values, explained),
    )


def _reason(
    act: Act, values: Mapping[str, str], explained: str, words: Words
) -> Reason | None:
    if act.reasons:
        code = values["reason"]
        return Reason(code, explained or words.pick(REASONS[act.reasons][code]))
    if act.says == "failed":
        code = values["outcome"]
        return Reason(code, explained or words.pick(codes.OUTCOMES[code]))
    if act.says in {"cancelled", "cancel_declined"}:
        return Reason(text=explained or words.pick(act.label))
    return None


def _text(act: Act, values: Mapping[str, str], explained: str) -> str:
    if said := values.get("question") or values.get("text"):
        return said
    spoken_for = act.reasons or "outcome" in act.fields or act.cancelling
    return "" if spoken_for else explained
