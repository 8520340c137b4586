"""What pages and mails say, in English and German. Data.

Each text is a pair, English first. `{}` are named values, which callers escape as
they write them. Words for codes are in `hub_community.page.codes`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, get_args

from hub_community.page.refusals import REFUSALS

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Pair = tuple[str, str]

TEXTS: Mapping[str, Pair] = {
    # Every page.
    "title": ("Referral", "Vermittlung"),
    "brand": ("Referrals", "Vermittlungen"),
    "skip": ("Skip to content", "Zum Inhalt springen"),
    "language": ("Language", "Sprache"),
    "other_language": ("Deutsch", "English"),
    "problem": ("There is a problem", "Es gibt ein Problem"),
    "error_title": ("Error: ", "Fehler: "),
    "back": ("Back to the referral", "Zurück zur Vermittlung"),
    "leave": ("Sign out", "Abmelden"),
    "optional": ("(optional)", "(freiwillig)"),
    "shared_device": (
        "On a device that others use, sign out when you are done.",
        "Melden Sie sich ab, wenn auch andere dieses Gerät benutzen.",
    ),
    # Before the code.
    "gate": ("Open a referral", "Eine Vermittlung öffnen"),
    "gate_why": (
        (
            "What is in the referral concerns a person. To protect them, we first send "
            "a code to the e-mail address of your organisation: {address}"
        ),
        (
            "Was in der Vermittlung steht, betrifft einen Menschen. Zu dessen Schutz "
            "senden wir zuerst einen Code an die E-Mail-Adresse Ihrer Organisation: "
            "{address}"
        ),
    ),
    "gate_button": ("Send the code", "Code senden"),
    "gate_have": ("I already have a code", "Ich habe schon einen Code"),
    "left": ("You are signed out.", "Sie sind abgemeldet."),
    "code_title": ("Enter the code", "Code eingeben"),
    "code_sent": (
        (
            "We have sent a code to {address}. It can take a minute to arrive. It can "
            "be used once, within {minutes} minutes."
        ),
        (
            "Wir haben einen Code an {address} gesendet. Es kann eine Minute dauern, "
            "bis er ankommt. Er gilt einmal und {minutes} Minuten lang."
        ),
    ),
    "code": ("Code", "Code"),
    "code_hint": ("Six digits", "Sechs Ziffern"),
    "name": ("Your name", "Ihr Name"),
    "name_hint": (
        "The organisation that asks for help sees who has answered.",
        "Die Stelle, die um Hilfe bittet, sieht, wer geantwortet hat.",
    ),
    "role": ("Your role", "Ihre Aufgabe"),
    "role_hint": ("For example: intake worker", "Zum Beispiel: Sozialberatung"),
    "code_button": ("Continue", "Weiter"),
    "code_again": ("Send another code", "Neuen Code senden"),
    "code_empty": (
        "Enter the code from the mail",
        "Geben Sie den Code aus der Mail ein",
    ),
    "code_wrong": (
        "The code is not right, or no longer valid. Compare it with the newest mail",
        (
            "Der Code stimmt nicht oder gilt nicht mehr. Vergleichen Sie ihn mit der "
            "neuesten Mail"
        ),
    ),
    "code_over": (
        "The code was tried too often and is void. Ask for another one",
        (
            "Der Code wurde zu oft falsch eingegeben und gilt nicht mehr. Fordern Sie "
            "einen neuen an"
        ),
    ),
    "name_empty": ("Enter your name", "Geben Sie Ihren Namen ein"),
    # Mails.
    "subject_waiting": (
        "A message is waiting for you",
        "Eine Nachricht wartet auf Sie",
    ),
    "mail_waiting": (
        (
            "Hello,\n\n"
            "something is waiting for your organisation. This link leads to it:\n\n"
            "{link}\n\n"
            "The page then sends a code to this address. Only whoever has the code\n"
            "can read what is there.\n\n"
            "The link works until {until}. Please do not pass this mail on.\n"
            "If you do not know what it is about, you need do nothing.\n"
        ),
        (
            "Guten Tag,\n\n"
            "für Ihre Organisation liegt etwas bereit. Dieser Link führt dorthin:\n\n"
            "{link}\n\n"
            "Die Seite sendet dann einen Code an diese Adresse. Nur wer den Code hat,\n"
            "kann lesen, was dort steht.\n\n"
            "Der Link gilt bis {until}. Bitte geben Sie diese Mail nicht weiter.\n"
            "Wenn Sie nicht wissen, worum es geht, müssen Sie nichts tun.\n"
        ),
    ),
    "subject_code": ("Your code", "Ihr Code"),
    "mail_code": (
        (
            "Your code is: {code}\n\n"
            "It can be used once, within {minutes} minutes, where you asked for it.\n"
            "Give it to nobody. If you did not ask for a code, delete this mail.\n"
        ),
        (
            "Ihr Code lautet: {code}\n\n"
            "Er gilt einmal und {minutes} Minuten lang, dort, wo danach gefragt wird.\n"
            "Geben Sie ihn an niemanden weiter. Wenn Sie keinen Code angefordert\n"
            "haben, löschen Sie diese Mail.\n"
        ),
    ),
    # The referral.
    "referral": ("Referral", "Vermittlung"),
    "referral_number": ("Referral {number}", "Vermittlung {number}"),
    "prohibited_title": (
        "Do not contact this person",
        "Nehmen Sie keinen Kontakt zu dieser Person auf",
    ),
    "prohibited": (
        (
            "Contact could put them in danger. Do not call, write or visit. Talk to "
            "the organisation that asks for help."
        ),
        (
            "Ein Kontakt kann sie in Gefahr bringen. Rufen Sie nicht an, schreiben Sie "
            "nicht und gehen Sie nicht hin. Sprechen Sie mit der Stelle, die um Hilfe "
            "bittet."
        ),
    ),
    "safe_ways": ("Safe ways to reach them: {ways}", "Sichere Wege: {ways}"),
    "state": ("Where it stands", "Stand"),
    "cancel_title": (
        "You are asked to cancel this referral",
        "Sie werden gebeten, diese Vermittlung zu beenden",
    ),
    "cancel_why": (
        "Please say whether you agree: see below.",
        "Bitte sagen Sie unten, ob Sie zustimmen.",
    ),
    "expired_note": (
        (
            "The time to answer is over. You can still answer; it counts once the "
            "organisation that asked has confirmed it."
        ),
        (
            "Die Zeit zu antworten ist vorbei. Sie können noch antworten; es zählt, "
            "sobald die Stelle, die um Hilfe bittet, es bestätigt."
        ),
    ),
    "closed_note": (
        "This referral is closed. There is nothing left to do.",
        "Diese Vermittlung ist abgeschlossen. Es ist nichts mehr zu tun.",
    ),
    # What fell through.
    "missed_at": (
        "Recorded: the person did not come to the appointment on {at}.",
        "Festgehalten: Die Person ist zum Termin am {at} nicht gekommen.",
    ),
    "missed": (
        "Recorded: the person did not come to the appointment.",
        "Festgehalten: Die Person ist nicht zum Termin gekommen.",
    ),
    "called_off_at": (
        "Recorded: the appointment on {at} is off.",
        "Festgehalten: Der Termin am {at} fällt aus.",
    ),
    "called_off": (
        "Recorded: the appointment is off.",
        "Festgehalten: Der Termin fällt aus.",
    ),
    "fell_next": (
        "No appointment is left. What you can do next:",
        "Es steht kein Termin mehr an. Was Sie als Nächstes tun können:",
    ),
    "steps": ("What you can do", "Was Sie tun können"),
    "all_steps": ("All that you can do", "Alles, was Sie tun können"),
    "who": ("Who needs help", "Wer Hilfe braucht"),
    "what": ("What is needed", "Was gebraucht wird"),
    "asks": ("Who asks for help", "Wer um Hilfe bittet"),
    "news": ("Last messages", "Letzte Nachrichten"),
    "person_name": ("Name", "Name"),
    "phone": ("Telephone", "Telefon"),
    "email": ("E-mail", "E-Mail"),
    "address": ("Address", "Anschrift"),
    "speaks": ("Language", "Sprache"),
    "accessibility": ("Accessibility", "Barrierefreiheit"),
    "category": ("Area", "Bereich"),
    "service": ("Service", "Leistung"),
    "need": ("Need", "Bedarf"),
    "priority": ("Priority", "Dringlichkeit"),
    "desired_by": ("Wanted by", "Gewünscht bis"),
    "due": ("Answer expected by", "Antwort erwartet bis"),
    "appointment": ("Appointment", "Termin"),
    "reason": ("Reason", "Grund"),
    "outcome": ("Outcome", "Ergebnis"),
    "organisation": ("Organisation", "Organisation"),
    "number": ("Their number for this referral", "Deren Nummer der Vermittlung"),
    "from_requester": ("From the organisation that asks", "Von der anfragenden Stelle"),
    "from_performer": ("From your organisation", "Von Ihrer Organisation"),
    "from_hub": ("From the system", "Vom System"),
    # After a form.
    "told_saved": ("Saved.", "Gespeichert."),
    "told_received": (
        "Received. It can take a moment until the state below changes.",
        "Eingegangen. Es kann etwas dauern, bis sich der Stand unten ändert.",
    ),
    "told_parked": (
        "Received, but it did not fit. Somebody will look at it.",
        "Eingegangen, aber es passte nicht. Jemand wird es sich ansehen.",
    ),
    "told_twice": ("This was saved already.", "Das war schon gespeichert."),
    # A form that came when the visit was over, or did not fit any more.
    "kept": (
        (
            "You were signed out before this could be sent. Nothing was sent, and what "
            "you typed is not lost: ask for a code and enter it, then you can check "
            "and send it. Until then, do not close this page."
        ),
        (
            "Sie wurden abgemeldet, bevor das gesendet werden konnte. Es wurde nichts "
            "gesendet, und was Sie geschrieben haben, ist nicht verloren: Fordern Sie "
            "einen Code an und geben Sie ihn ein, dann können Sie alles prüfen und "
            "senden. Schließen Sie bis dahin diese Seite nicht."
        ),
    ),
    "kept_short": (
        "What you typed is not lost. You see it again after the code.",
        (
            "Was Sie geschrieben haben, ist nicht verloren. Nach dem Code sehen Sie "
            "es wieder."
        ),
    ),
    "resumed_title": ("This is not sent yet", "Das ist noch nicht gesendet"),
    "resumed": (
        "You are signed in again. Check what you typed, then send it.",
        (
            "Sie sind wieder angemeldet. Prüfen Sie, was Sie geschrieben haben, und "
            "senden Sie es dann."
        ),
    ),
    "resumed_changed": (
        "Something has happened in the meantime. It now stands at: {status}",
        "Inzwischen ist etwas geschehen. Der Stand ist jetzt: {status}",
    ),
    "typed": ("What you had typed", "Was Sie geschrieben hatten"),
    # Fields of forms.
    "signed": ("You sign as {name}", "Sie zeichnen als {name}"),
    "f_reason": ("Reason", "Grund"),
    "f_outcome": ("Outcome", "Ergebnis"),
    "f_text": ("Message", "Nachricht"),
    "f_question": ("Your question", "Ihre Frage"),
    "f_explain": ("Explanation", "Erläuterung"),
    "f_explain_hint": (
        "Only what the organisation that asked needs to know.",
        "Nur, was die anfragende Stelle wissen muss.",
    ),
    "f_date": ("Date", "Datum"),
    "f_date_hint": ("For example: 24.3.2026", "Zum Beispiel: 24.3.2026"),
    "f_time": ("Time", "Uhrzeit"),
    "f_time_hint": ("For example: 14:30", "Zum Beispiel: 14:30"),
    "e_choose": ("Choose one of the answers", "Wählen Sie eine Antwort"),
    "e_text": ("Write something here", "Schreiben Sie hier etwas"),
    "e_other": (
        "Explain it in a few words, as no answer fits",
        "Erläutern Sie es kurz, da keine Antwort passt",
    ),
    "e_long": (
        "Shorten it to {most} characters",
        "Kürzen Sie es auf {most} Zeichen",
    ),
    "e_date": (
        "Enter a day, for example 24.3.2026",
        "Geben Sie einen Tag ein, zum Beispiel 24.3.2026",
    ),
    "e_time": ("Enter a time such as 14:30", "Geben Sie eine Uhrzeit ein, etwa 14:30"),
    "e_gap": (
        "At that time the clocks go forward; choose another time",
        "Zu dieser Zeit wird die Uhr vorgestellt; wählen Sie eine andere",
    ),
    "e_past": (
        "The appointment must not be in the past",
        "Der Termin darf nicht in der Vergangenheit liegen",
    ),
    "e_far": (
        "The appointment is more than two years away; check the year",
        "Der Termin ist über zwei Jahre entfernt; prüfen Sie das Jahr",
    ),
    **REFUSALS,
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_MONATE = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
    *("September", "Oktober", "November", "Dezember"),
)


class Words:
    """The texts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with `values` in it."""
        return TEXTS[key][self._place].format(**values)

    def pick(self, pair: Pair) -> str:
        """Return the one of two that is in the language."""
        return pair[self._place]

    def day(self, day: date) -> str:
        """Return a day as people write it: 3 March 2026, 3. März 2026."""
        if self.language == "de":
            return f"{day.day}. {_MONATE[day.month - 1]} {day.year}"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def moment(self, at: datetime) -> str:
        """Return a day and the time on it, in the zone that `at` has."""
        if self.language == "de":
            return f"{self.day(at)}, {at:%H:%M} Uhr"
        return f"{self.day(at)}, {at:%H:%M}"


def preferred_language(header: str, otherwise: Language) -> Language:
    """Return the first language of ``Accept-Language`` that there is, else another.

    Only the start of a header is looked at, and weights are not: browsers send what
    they prefer first.
    """
    for each in header[:200].split(","):
        tag = each.strip()[:2].lower()
        for known in LANGUAGES:
            if tag == known:
                return known
    return otherwise
