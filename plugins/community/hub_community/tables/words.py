"""What partners call columns and write in them, in English and German. Data."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from hub_community.page import codes
from hub_community.page.wording import Pair

#: What partners call each column; those of our own files are among them.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "referral": (
        *("referral number", "referral", "referral id", "referral no", "number"),
        *("case number", "order number", "Vermittlungsnummer", "Vermittlung"),
        *("Nummer", "Auftragsnummer", "Vorgangsnummer", "Fallnummer"),
    ),
    "numbered_by": ("numbered by", "numbered_by", "system", "nummeriert von"),
    "status": ("new status", "status", "neuer Status", "Neuer Stand", "Antwort"),
    "date": ("status date", "date", "date of status", "Statusdatum", "Datum"),
    "time": ("status time", "time", "Statuszeit", "Uhrzeit"),
    "reason": ("reason", "reason code", "Grund", "Begründung"),
    "explanation": (
        *("explanation", "comment", "comments", "remark", "remarks", "note", "notes"),
        *("Erläuterung", "Bemerkung", "Bemerkungen", "Kommentar", "Anmerkung"),
    ),
    "outcome": ("outcome", "result", "Ergebnis"),
    "appointment": (
        *("new appointment", "appointment date", "appointment", "appointment at"),
        *("neuer Termin", "Termin", "Termindatum", "Termin am"),
    ),
    "appointment_time": (
        *("new appointment time", "appointment time", "neue Terminzeit"),
        *("time of appointment", "Terminzeit", "Termin um"),
        "Uhrzeit des Termins",
    ),
    "message": ("reply", "question", "our message", "Rückmeldung", "Frage"),
    "worker": (
        *("answered by", "worker", "staff", "contact person", "Bearbeitet von"),
        *("Bearbeiter", "Bearbeiterin", "Ansprechpartner", "Ansprechpartnerin"),
    ),
    "role": ("role", "position", "Aufgabe", "Funktion"),
}
#: What a word in the column `status` says of a referral.
STATUSES: Mapping[str, str] = {
    word: says
    for says, words in {
        "received": ("received", "seen", "erhalten", "eingegangen", "gelesen"),
        "accepted": ("accepted", "accept", "yes", "angenommen", "übernommen", "ja"),
        "rejected": (
            *("rejected", "declined", "decline", "refused", "no", "abgelehnt"),
            *("nicht angenommen", "nein"),
        ),
        "scheduled": (
            *("scheduled", "booked", "appointment made", "terminiert"),
            *("Termin vereinbart", "Termin"),
        ),
        "in_progress": (
            *("in progress", "in_progress", "started", "active", "begonnen"),
            *("in Arbeit", "läuft", "laufend", "Hilfe hat begonnen"),
        ),
        "on_hold": (
            *("on hold", "on_hold", "hold", "waiting", "paused", "angehalten"),
            *("zurückgestellt", "wartet", "pausiert"),
        ),
        "completed": (
            *("completed", "complete", "done", "finished", "closed", "erledigt"),
            *("abgeschlossen", "fertig"),
        ),
        "failed": ("failed", "unsuccessful", "gescheitert", "nicht gelungen"),
        "cancelled": (
            *("cancelled", "canceled", "abgebrochen", "storniert", "beendet"),
        ),
        "cancel_declined": (
            *("cancel declined", "cancel_declined", "not cancelled"),
            "nicht beendet",
        ),
        "no_show": (
            *("no show", "no-show", "no_show", "did not come", "nicht erschienen"),
            "nicht gekommen",
        ),
        "appointment_booked": ("appointment booked", "weiterer Termin"),
        "appointment_rescheduled": ("rescheduled", "Termin verlegt", "verlegt"),
        "appointment_cancelled": (
            *("appointment cancelled", "appointment canceled", "Termin abgesagt"),
        ),
        "outcome_reported": ("outcome reported", "interim", "Zwischenergebnis"),
        "outcome_amended": ("outcome amended", "Ergebnis berichtigt"),
        "information_requested": (
            *("question", "information requested", "Frage", "Rückfrage"),
        ),
        "message_added": ("message", "note", "Nachricht", "Mitteilung"),
    }.items()
    for word in words
}
_NOT_SEEN = re.compile("[\\s_\u00a0\u00ad\u200b-\u200f\u2060\ufeff-]+")


def folded(text: str) -> str:
    """Return a word without case, blanks, hyphens and marks that nobody sees."""
    return _NOT_SEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _meanings(words: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return {folded(word): code for word, code in words}


def _by_label(codes_: Mapping[str, Pair]) -> Mapping[str, str]:
    labels = ((label, code) for code, pair in codes_.items() for label in (code, *pair))
    return _meanings(labels)


#: The code of what a partner writes as an outcome, and as a reason.
OUTCOMES = _by_label(codes.OUTCOMES)
REASONS = {**_by_label(codes.DELAYS), **_by_label(codes.DECLINES)}
SAYS = frozenset(STATUSES.values())


def statuses(further: Mapping[str, str]) -> Mapping[str, str]:
    """Return what folded words say, those of a feed before ours."""
    ours = ((each, each) for each in SAYS)
    return _meanings((*ours, *STATUSES.items(), *further.items()))
