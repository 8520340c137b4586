"""Consents: what a person decided about who may be told what of them.

Each is a record like any other, that moves along when people are merged and parted.
Source: domain 8.4.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple, get_args

from msgspec import Struct

from hub.coordination.recipients import PURPOSES

ConsentMode = Literal["explicit", "implied", "presumed", "opt_out"]
MODES: tuple[str, ...] = get_args(ConsentMode)


class Consent(Struct, frozen=True, kw_only=True):
    """One decision of a person, in its newest version.

    An empty tuple names everything of its kind. `scope` are purposes, `data` event
    types, families (``encounter.*``), sensitivity codes and categories, `recipients`
    names and classes of recipients, `actors` who may act under it. It holds from
    `since` until `until`, both of which may be open; `recorded` is when it was said.
    `proxy` is the contact who may be told, "" where it is about no caregiver.
    """

    key: str
    version: int
    permits: bool
    recorded: datetime
    scope: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    mode: ConsentMode = "explicit"
    revoked: bool = False
    proxy: str = ""
    form: str = ""
    evidence: str = ""


class Problem(NamedTuple):
    """What is wrong with a record's details: where, and what; no value is shown."""

    path: str
    message: str


_START = datetime.min.replace(tzinfo=UTC)
_ONE_DAY = timedelta(days=1)
_PERMITS = frozenset({"permit", "permits", "permitted", "allow", "opt_in", "opt-in"})
_DECISIONS = ("permit", "deny")
#: In force, and what ends it. Source: FHIR R4 ConsentState, and our own words.
_ACTIVE = frozenset({"", "active", "recorded", "granted"})
_ENDED = frozenset(
    {
        "revoked",
        "inactive",
        "rejected",
        "proposed",
        "draft",
        "expired",
        "entered-in-error",
        "entered_in_error",
    }
)
STATUSES = tuple(sorted((_ACTIVE | _ENDED) - {""}))
_LISTS = ("scope", "data", "recipients", "actors")
_TEXTS = ("mode", "status", "proxy", "form", "evidence_ref", "decision")
_TIMES = ("since", "until", "recorded")
#: The purposes of use of HL7 v3 ActReason, and a usual shorthand.
_PURPOSES: dict[str, tuple[str, ...]] = {
    "treat": ("treatment",),
    "etreat": ("treatment",),
    "hpaymt": ("payment",),
    "hoperat": ("operations",),
    "caremgt": ("care_coordination",),
    "coc": ("care_coordination",),
    "pubhlth": ("public_health",),
    "patrqt": ("patient_request",),
    "tpo": ("treatment", "payment", "operations"),
}


def consent_of(key: str, version: int, details: Mapping[str, Any]) -> Consent:
    """Return the consent in the details of a record, as cautiously as it can be read.

    A permission of which a part cannot be read permits nothing; a denial of which a
    part cannot be read denies all that the part could have been about. A record
    without a decision is none.
    """
    decision = _decision(details)
    permits = decision is True
    unreadable = {problem.path for problem in _unreadable(details)}
    status = _text(details.get("status")).lower()
    ended = status in _ENDED or (permits and status not in _ACTIVE)
    period = _table(details.get("period"))

    def listed(name: str) -> tuple[str, ...]:
        # Empty names everything: as much as a denial may have been about.
        return () if name in unreadable else _words(details.get(name))

    return Consent(
        key=key,
        version=version,
        permits=permits,
        recorded=_moment(details.get("recorded")) or _START,
        scope=_purposes(listed("scope")),
        data=listed("data") or listed("may_receive"),
        recipients=listed("recipients"),
        actors=listed("actors"),
        since=_moment(details.get("since")) or _moment(period.get("start")),
        until=_moment(details.get("until"), end=True)
        or _moment(period.get("end"), end=True),
        mode=_mode(details, permits=permits),
        revoked=ended or decision is None or (permits and bool(unreadable)),
        proxy=_text(details.get("proxy")),
        form=_text(details.get("form")).lower(),
        evidence=_text(details.get("evidence_ref")),
    )


def consent_details(details: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with the details of a consent, [] if nothing.

    Stricter than `consent_of`: for whoever records one, and can still correct it.
    """
    found = _unreadable(details)
    named = {problem.path for problem in found}
    if "permits" not in details and "decision" not in named:
        if "decision" not in details:
            found.append(Problem("decision", "is required: permit or deny"))
        elif _text(details["decision"]).lower() not in _DECISIONS:
            found.append(Problem("decision", "must be permit or deny"))
    found += _unknown_words(details, named)
    since, until = (
        _moment(details.get("since")),
        _moment(details.get("until"), end=True),
    )
    if since and until and until <= since:
        found.append(Problem("until", "must be after since"))
    return found


def _unknown_words(details: Mapping[str, Any], named: set[str]) -> list[Problem]:
    found = []
    mode, status = (_text(details.get(name)).lower() for name in ("mode", "status"))
    if "mode" not in named and mode and mode not in MODES:
        found.append(Problem("mode", f"must be one of {', '.join(MODES)}"))
    if "status" not in named and status not in _ACTIVE | _ENDED:
        found.append(Problem("status", f"must be one of {', '.join(STATUSES)}"))
    if "scope" not in named:
        for place, purpose in enumerate(_purposes(_words(details.get("scope")))):
            about_contact = purpose.partition(".")[0] == "contact"
            if purpose == "marketing":
                message = "marketing is no purpose for which a patient's data may go"
            elif purpose in PURPOSES or about_contact:
                continue
            else:
                message = f"must be one of {', '.join(sorted(PURPOSES))}, or contact"
            found.append(Problem(f"scope[{place}]", message))
    return found


def _unreadable(details: Mapping[str, Any]) -> list[Problem]:
    """Return what has the wrong form, where it could change what is meant."""
    found = [
        Problem(name, "must be a list of words")
        for name in (*_LISTS, "may_receive")
        if not _is_words(details.get(name))
    ]
    found += [
        Problem(name, "must be text")
        for name in _TEXTS
        if not isinstance(details.get(name, ""), str | None)
    ]
    found += [
        Problem(name, "must be a time as in 2026-03-14T09:00:00Z, or a date")
        for name in _TIMES
        if details.get(name) not in (None, "") and _moment(details[name]) is None
    ]
    period = details.get("period")
    if period is not None and not isinstance(period, Mapping):
        found.append(Problem("period", "must be a table with start and end"))
    found += [
        Problem(f"period.{name}", "must be a time as in 2026-03-14T09:00:00Z")
        for name in ("start", "end")
        if (sent := _table(period).get(name)) not in (None, "")
        and _moment(sent) is None
    ]
    if not isinstance(details.get("permits", True), bool):
        found.append(Problem("permits", "must be true or false"))
    return found


def _decision(details: Mapping[str, Any]) -> bool | None:
    """Return what was decided, None where nothing is said; doubt is a denial."""
    for name in ("permits", "decision"):
        stated = details.get(name)
        if isinstance(stated, bool):
            return stated
        if stated not in (None, ""):
            return isinstance(stated, str) and stated.strip().lower() in _PERMITS
    return None


def _mode(details: Mapping[str, Any], *, permits: bool) -> ConsentMode:
    """Return the mode; of one that nobody knows a permission is worth the least."""
    stated = _text(details.get("mode")).lower().replace("-", "_")
    for mode in get_args(ConsentMode):
        if stated == mode:
            found: ConsentMode = mode
            return found
    return "explicit" if not stated or not permits else "presumed"


def _purposes(words: Iterable[str]) -> tuple[str, ...]:
    found: list[str] = []
    for word in words:
        found += _PURPOSES.get(word.lower(), (word.lower(),))
    return tuple(dict.fromkeys(found))


def _is_words(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return True
    if not isinstance(value, list | tuple):
        return False
    return all(_word(each) for each in value)


def _words(value: Any) -> tuple[str, ...]:
    """Return the words of a list; one that holds none that can be read is empty."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(word for each in value if (word := _word(each))))


def _word(value: Any) -> str:
    """Return a word: text, or the code of something coded."""
    if isinstance(value, Mapping):
        value = value.get("code")
    return _text(value)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _moment(value: Any, *, end: bool = False) -> datetime | None:
    """Return a time in UTC, None where there is none; of a day its start, or its end.

    A time without an offset is UTC.
    """
    try:
        if isinstance(value, str) and (text := value.strip()):
            if len(text) == len("2026-03-14"):
                value = date.fromisoformat(text)
            else:
                value = datetime.fromisoformat(text)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time(), UTC) + end * _ONE_DAY
        if not isinstance(value, datetime):
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
