"""A referral as a page shows it, from what the policy permits of its newest event.

What is not there was not stated or may not be seen, and is not shown. Nothing here
relies on the shape of a value. Pure.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub.sdk import FuzzyTime, Loop, Notice, ReferralState
from hub_community.page import codes
from hub_community.page.wording import Pair, Words

#: A longer text is cut: directories and referrals can hold anything.
LONGEST_TEXT = 4000
_CLOSED = frozenset({Loop.CLOSED_BY_REQUESTER, Loop.AUTO_CLOSED})
_UNRESOLVED = Loop.CLOSED_UNRESOLVED
#: In these an appointment is still before somebody, or was kept.
_MEETING = frozenset({ReferralState.SCHEDULED, ReferralState.IN_PROGRESS})
#: What happened last to an appointment that is none any more.
_FELL = {
    "referral.no_show": ("missed", "missed_at"),
    "referral.appointment_cancelled": ("called_off", "called_off_at"),
}
_DAY_LENGTH = 10
#: A label and what stands behind it.
Line = tuple[str, str]


class View(NamedTuple):
    """What stands on the page; `status` is the state in words.

    `fell` says which appointment fell through, and how, where that happened last.
    `standing`, `person`, `wanted` and `requester` are lines, each of a label and text,
    and so are `messages`, with who wrote them for a label, the last one last.
    """

    state: str
    status: str
    cancelling: bool
    closed: bool
    number: str
    prohibited: bool
    safe_ways: str
    fell: str
    standing: tuple[Line, ...]
    person: tuple[Line, ...]
    wanted: tuple[Line, ...]
    requester: tuple[Line, ...]
    messages: tuple[Line, ...]

    @property
    def message(self) -> str:
        """The last message of all, "" for none."""
        return self.messages[-1][1] if self.messages else ""


def view_of(notice: Notice, words: Words, zone: ZoneInfo) -> View:
    """Return what a partner may see, in the language of `words`."""
    event, told = notice.event, notice.event.payload
    reading = _Reading(told, words, zone)
    loop, state = reading.text("loop"), reading.text("state") or reading.text("status")
    asked = event.type == "referral.cancel_requested"
    at = reading.moment(told.get("appointment"))
    # An event of `_FELL` names the appointment that fell through.
    fell, meets = _FELL.get(event.type), state in _MEETING
    closed = loop in _CLOSED or loop == _UNRESOLVED
    return View(
        state=state,
        status=reading.word(state, codes.STATES),
        cancelling=told.get("cancel_requested") is True or asked,
        closed=closed,
        number=reading.number(),
        prohibited=member(told, "safety", "contact_prohibited") is True,
        safe_ways=", ".join(reading.ways()),
        fell=reading.fell(fell, at) if fell and not closed else "",
        standing=_lines(
            ("appointment", at if meets and not fell else ""),
            (
                "reason",
                reading.coded("status_reason", {**codes.DECLINES, **codes.DELAYS}),
            ),
            ("outcome", reading.coded("outcome", codes.OUTCOMES)),
            ("due", reading.moment(told.get("due"))),
        ),
        person=reading.person(),
        wanted=_lines(
            ("category", reading.coded("category", codes.CATEGORIES)),
            ("service", reading.coded("service_requested", {})),
            ("need", reading.coded("need", codes.CATEGORIES)),
            ("priority", reading.coded("priority", codes.PRIORITIES)),
            ("desired_by", reading.moment(told.get("desired_by"))),
            ("accessibility", ", ".join(map(words_of, listed(told, "accessibility")))),
        ),
        requester=reading.requester(),
        messages=reading.messages(),
    )


class _Reading:
    """Reads values of one payload."""

    def __init__(self, told: Mapping[str, Any], words: Words, zone: ZoneInfo) -> None:
        self._told = told
        self._words = words
        self._zone = zone

    def text(self, name: str) -> str:
        return plain(self._told.get(name))

    def word(self, code: str, known: Mapping[str, Pair]) -> str:
        return self._words.pick(known[code]) if code in known else code

    def coded(self, name: str, known: Mapping[str, Pair]) -> str:
        """Return a coded value in words: ours for its code, then the sender's."""
        value = self._told.get(name)
        code = plain(value.get("code") if isinstance(value, dict) else value)
        said = words_of(value)
        if code not in known:
            return said
        ours = self._words.pick(known[code])
        free = plain(value.get("text")) if isinstance(value, dict) else ""
        return f"{ours}: {free}" if free and free != ours else ours

    def moment(self, value: Any) -> str:
        """Return a time in the zone of the page; a day alone stays a day."""
        if isinstance(value, dict):
            value = value.get("at") or value.get("local") or value.get("raw")
        if isinstance(value, FuzzyTime):
            value = value.local or value.raw
        written = plain(value)
        try:
            if len(written) == _DAY_LENGTH:
                return self._words.day(date.fromisoformat(written))
            at = datetime.fromisoformat(written)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            return self._words.moment(at.astimezone(self._zone))
        except (ValueError, OverflowError):
            return ""

    def fell(self, keys: tuple[str, str], at: str) -> str:
        """Return in a sentence how an appointment fell through, with its time."""
        alone, timed = keys
        return self._words(timed, at=at) if at else self._words(alone)

    def number(self) -> str:
        stated = member(self._told, "identifiers", "placer")
        return plain(stated.get("value") if isinstance(stated, dict) else stated)

    def ways(self) -> Iterator[str]:
        for each in listed(self._told.get("safety"), "safe_contact_methods"):
            code = plain(each.get("code") if isinstance(each, dict) else each)
            said = self.word(code, codes.WAYS) if code in codes.WAYS else words_of(each)
            if said:
                yield said

    def messages(self) -> tuple[Line, ...]:
        """Return what each side wrote last, else what the event says alone."""
        notes = self._told.get("notes")
        if not isinstance(notes, Mapping) or not notes:
            said = self.text("note") or self.text("text")
            return _lines((_from(self.text("by")), said))
        found = sorted((plain(member(one, "at")), by) for by, one in notes.items())
        return _lines(
            *((_from(by), plain(member(notes, by, "text"))) for _, by in found)
        )

    def person(self) -> tuple[Line, ...]:
        """Return who it is; no way to contact somebody whom nobody may contact."""
        prohibited = member(self._told, "safety", "contact_prohibited") is True
        person = self._told.get("person")
        names = listed(person, "names")
        language = self._told.get("language") or member(person, "language")
        return _lines(
            ("person_name", name_of(names[0]) if names else ""),
            *telecoms([] if prohibited else listed(person, "telecoms")),
            *(("address", address_of(each)) for each in listed(person, "addresses")),
            ("speaks", words_of(language)),
        )

    def requester(self) -> tuple[Line, ...]:
        stated = self._told.get("requester")
        org = member(stated, "org")
        # `display` is what the hub calls its partner; a name in a message is often
        # no more than the code of a system.
        said = (member(org, "display"), member(org, "name"), org)
        name = next(filter(None, map(plain, said)), "")
        return _lines(
            ("organisation", name),
            *telecoms(listed(stated, "telecoms")),
            ("number", self.number()),
        )


def _from(by: str) -> str:
    return f"from_{by}" if by in {"requester", "performer", "hub"} else "from_hub"


def plain(value: Any) -> str:
    """Return a text or a number as text, cut where it is too long; else ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()[:LONGEST_TEXT]


def member(value: Any, *path: str) -> Any:
    """Return what is at `path` in nested tables, None where it is not."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def listed(value: Any, name: str) -> list[Any]:
    """Return the list at `name`; one value alone is a list of it."""
    found = member(value, name)
    if found is None:
        return []
    return list(found) if isinstance(found, list | tuple) else [found]


def words_of(value: Any) -> str:
    """Return the words for a coded value, else its code."""
    if not isinstance(value, dict):
        return plain(value)
    names = ("text", "display", "original", "code")
    return next((said for name in names if (said := plain(value.get(name)))), "")


def name_of(value: Any) -> str:
    """Return a name as people say it."""
    if not isinstance(value, dict):
        return plain(value)
    parts = ("prefix", "given", "middle", "family", "suffix")
    return " ".join(filter(None, (plain(value.get(each)) for each in parts)))


def address_of(value: Any) -> str:
    """Return an address on as many lines as it has."""
    if not isinstance(value, dict):
        return plain(value)
    lines = [plain(each) for each in listed(value, "lines")]
    place = " ".join(
        filter(None, (plain(value.get(each)) for each in ("postal_code", "city")))
    )
    return "\n".join(filter(None, [*lines, place, plain(value.get("country"))]))


def telecoms(values: list[Any]) -> Iterator[Line]:
    """Yield the ways to reach somebody."""
    for each in values:
        if isinstance(each, dict):
            label = "email" if each.get("system") == "email" else "phone"
            yield label, plain(each.get("value"))


def _lines(*lines: Line) -> tuple[Line, ...]:
    return tuple(each for each in lines if each[1])
