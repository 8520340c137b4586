"""The format ``referral-csv``: referrals as rows of a table, with minimum content.

A partner opens the file in a spreadsheet, writes a status into it and sends it back:
`referral-status-csv` knows these headers. Whether somebody must not be contacted is in
each file, whatever columns a partner asked for (domain 4.3). Pure.
"""

import csv
import difflib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from hub.sdk import Notice, Rendered, Settings, TimeZone
from hub_community.page.view import View, member, plain, view_of
from hub_community.page.wording import Words
from hub_community.tables.moments import written

#: The column that no file goes out without.
PROHIBITED = "ContactProhibited"
MOST_COLUMNS = 100
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_CONTROL = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LOST = re.compile("[\ud800-\udfff]")
_SUFFIXES = {",": ".csv", ";": ".csv", "|": ".psv", "\t": ".tsv"}
_YES_NO = {True: ("yes", "ja"), False: ("no", "nein")}


class _Told(NamedTuple):
    """One notice, and how it is to be written."""

    notice: Notice
    view: View
    words: Words
    zone: ZoneInfo
    german: bool

    def at(self, *path: str) -> str:
        return plain(member(self.notice.event.payload, *path))

    def line(self, part: str, label: str) -> str:
        """Return the first line of a part of the view that has a label."""
        lines = getattr(self.view, part)
        return next((text for name, text in lines if name == label), "")

    def moment(self, *path: str, part: Literal["day", "time"] = "day") -> str:
        value = member(self.notice.event.payload, *path)
        return written(value, self.zone, part=part, german=self.german)


def _prohibited(told: _Told) -> str:
    stated = member(told.notice.event.payload, "safety", "contact_prohibited")
    return told.words.pick(_YES_NO[stated is True])


def _empty(_told: _Told) -> str:
    return ""


#: All columns that there can be, and where each value comes from.
COLUMNS: Mapping[str, Callable[[_Told], str]] = {
    "ReferralNumber": lambda told: told.view.number,
    "NumberedBy": lambda told: told.at("identifiers", "placer", "system"),
    "Event": lambda told: told.notice.event.type.partition(".")[2],
    "EventID": lambda told: told.notice.event.id,
    "EventDate": lambda told: written(
        told.notice.event.times.emitted.isoformat(), told.zone, german=told.german
    ),
    "State": lambda told: told.view.status,
    "StateCode": lambda told: told.view.state,
    "CancelAsked": lambda told: told.words.pick(_YES_NO[told.view.cancelling]),
    "Priority": lambda told: told.line("wanted", "priority"),
    "Category": lambda told: told.line("wanted", "category"),
    "CategoryCode": lambda told: told.at("category", "code") or told.at("category"),
    "Service": lambda told: told.line("wanted", "service"),
    "Need": lambda told: told.line("wanted", "need"),
    "WantedBy": lambda told: told.moment("desired_by"),
    "AnswerBy": lambda told: told.moment("due"),
    "Appointment": lambda told: told.moment("appointment"),
    "AppointmentTime": lambda told: told.moment("appointment", part="time"),
    "Outcome": lambda told: told.line("standing", "outcome"),
    "Name": lambda told: told.line("person", "person_name"),
    "Phone": lambda told: told.line("person", "phone"),
    "Email": lambda told: told.line("person", "email"),
    "Address": lambda told: told.line("person", "address").replace("\n", ", "),
    "Language": lambda told: told.line("person", "speaks"),
    "Accessibility": lambda told: told.line("wanted", "accessibility"),
    PROHIBITED: _prohibited,
    "SafeContactMethods": lambda told: told.view.safe_ways,
    "RequestedBy": lambda told: told.line("requester", "organisation"),
    "RequesterPhone": lambda told: told.line("requester", "phone"),
    "Message": lambda told: told.view.message,
    "NewStatus": _empty,
    "StatusDate": _empty,
    "Reason": _empty,
    "Explanation": _empty,
    "OutcomeToReport": _empty,
    "NewAppointment": _empty,
    "NewAppointmentTime": _empty,
    "Reply": _empty,
    "AnsweredBy": _empty,
}
_GERMAN = {
    "Vermittlungsnummer": "ReferralNumber",
    "Nummeriert von": "NumberedBy",
    "Ereignis-ID": "EventID",
    "Stand": "State",
    "Beendigung erbeten": "CancelAsked",
    "Dringlichkeit": "Priority",
    "Bereich": "Category",
    "Leistung": "Service",
    "Gewünscht bis": "WantedBy",
    "Antwort bis": "AnswerBy",
    "Name": "Name",
    "Telefon": "Phone",
    "E-Mail": "Email",
    "Anschrift": "Address",
    "Sprache": "Language",
    "Barrierefreiheit": "Accessibility",
    "Kontakt verboten": PROHIBITED,
    "Sichere Wege": "SafeContactMethods",
    "Angefragt von": "RequestedBy",
    "Telefon der Anfrage": "RequesterPhone",
    "Letzte Nachricht": "Message",
    "Vereinbart am": "Appointment",
    "Vereinbart um": "AppointmentTime",
    "Neuer Status": "NewStatus",
    "Statusdatum": "StatusDate",
    "Grund": "Reason",
    "Erläuterung": "Explanation",
    "Ergebnis": "OutcomeToReport",
    "Neuer Termin": "NewAppointment",
    "Neue Terminzeit": "NewAppointmentTime",
    "Rückmeldung": "Reply",
    "Bearbeitet von": "AnsweredBy",
}
_ENGLISH = {
    "Referral number": "ReferralNumber",
    "Numbered by": "NumberedBy",
    "Event ID": "EventID",
    "Where it stands": "State",
    "Cancel asked": "CancelAsked",
    "Priority": "Priority",
    "Area": "Category",
    "Service": "Service",
    "Wanted by": "WantedBy",
    "Answer by": "AnswerBy",
    "Name": "Name",
    "Telephone": "Phone",
    "E-mail": "Email",
    "Address": "Address",
    "Language": "Language",
    "Accessibility": "Accessibility",
    "Contact prohibited": PROHIBITED,
    "Safe ways": "SafeContactMethods",
    "Requested by": "RequestedBy",
    "Telephone of who asks": "RequesterPhone",
    "Last message": "Message",
    "Agreed day": "Appointment",
    "Agreed time": "AppointmentTime",
    "New status": "NewStatus",
    "Status date": "StatusDate",
    "Reason": "Reason",
    "Explanation": "Explanation",
    "Outcome": "OutcomeToReport",
    "New appointment": "NewAppointment",
    "New appointment time": "NewAppointmentTime",
    "Reply": "Reply",
    "Answered by": "AnsweredBy",
}
#: The fewest columns that a partner can work with.
_MINIMAL = {
    name: name
    for name in (
        *("ReferralNumber", "NumberedBy", "EventID", "Event", "State", "Category"),
        *("Name", PROHIBITED, "NewStatus", "StatusDate", "Explanation"),
    )
}
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "english": _ENGLISH,
    "german": _GERMAN,
    "minimal": _MINIMAL,
}


def _known(columns: list[str] | dict[str, str]) -> list[str] | dict[str, str]:
    if len(columns) > MOST_COLUMNS:
        raise ValueError(f"must be at most {MOST_COLUMNS} columns")
    if isinstance(columns, list) and len(set(columns)) < len(columns):
        raise ValueError("a column must not be named twice")
    for name in columns if isinstance(columns, list) else columns.values():
        if name not in COLUMNS and not name.startswith("="):
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"there is no column {name}{hint}")
    return columns


class ReferralCsvOptions(Settings):
    """Options of ``referral-csv``."""

    template: Literal["english", "german", "minimal"] = Field(
        default="english",
        description="Columns and headers to begin with, and the language of words.",
    )
    columns: Annotated[list[str] | dict[str, str], AfterValidator(_known)] = Field(
        default=[],
        description="The file's own columns instead of a template's: a list of names,"
        ' or a table of header = "name"; "=text" is a constant. The column'
        f" {PROHIBITED} is added where it is not named.",
    )
    separator: Literal[",", ";", "|", "\t"] = Field(
        default=",", description="What stands between two values."
    )
    charset: Literal["utf-8", "utf-8-sig"] = Field(
        default="utf-8-sig",
        description="UTF-8 with a mark at the start, which spreadsheets need, or not.",
    )
    time_zone: TimeZone = Field(
        default="UTC",
        description="The IANA time zone in which days and times are told.",
    )


def render(notices: Sequence[Notice], options: ReferralCsvOptions) -> Rendered:
    """Return `notices` in their order, each as a row: a header, CR LF line ends."""
    columns = _columns(options)
    words = Words("de" if options.template == "german" else "en")
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=options.separator, lineterminator="\r\n")
    writer.writerow(columns)
    for notice in notices:
        zone = ZoneInfo(options.time_zone)
        view = view_of(notice, words, zone)
        told = _Told(notice, view, words, zone, words.language == "de")
        writer.writerow([neutral(_cell(name, told)) for name in columns.values()])
    subtype = "tab-separated-values" if options.separator == "\t" else "csv"
    return Rendered(
        body=file.getvalue().encode(options.charset),
        media_type=f"text/{subtype}; charset=utf-8; header=present",
        suffix=_SUFFIXES[options.separator],
        kind="referrals",
    )


def _columns(options: ReferralCsvOptions) -> dict[str, str]:
    """Return the headers and the names of the columns, the one on contact included."""
    named = options.columns or dict(TEMPLATES[options.template])
    found = named if isinstance(named, dict) else {name: name for name in named}
    if PROHIBITED in found.values():
        return dict(found)
    return {**found, PROHIBITED: PROHIBITED}


def _cell(name: str, told: _Told) -> str:
    if name.startswith("="):
        return name.removeprefix("=")
    return COLUMNS[name](told)


def neutral(text: str) -> str:
    """Return text as one line that no spreadsheet runs as a formula.

    An apostrophe is put before what looks like one. Source: OWASP ASVS 5.0, 1.2.10.
    """
    line = _LOST.sub("\ufffd", _CONTROL.sub(" ", text))
    dangerous = line.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r"))
    return f"'{line}" if dangerous else line
