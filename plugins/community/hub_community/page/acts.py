"""What a performer can do with a referral, by the state that it is in. Pure.

The table is that of domain 4.2 as far as it is the performer's, in the words of
people: what the core would not apply is not offered. It is checked again, by the
state of that moment, when a form comes back.
"""

from typing import Literal, NamedTuple

from hub_community.page.wording import Pair

FieldName = Literal["reason", "outcome", "question", "text", "date", "time", "explain"]
_UNDECIDED = frozenset({"requested", "received"})
_AT_WORK = frozenset({"accepted", "scheduled", "in_progress"})
_TAKEN_UP = _AT_WORK | {"received", "on_hold"}
_OPEN = _TAKEN_UP | {"requested"}
_DONE = frozenset({"completed", "failed", "cancelled"})
_ANY = _OPEN | _DONE | {"rejected", "expired"}


class Act(NamedTuple):
    """One thing that can be done.

    `says` is what the statement says. `states` are those in which it is offered,
    `fields` what is asked for. `reasons` names the list of `reason`, `outcomes` that
    of `outcome`. With `cancelling` it is offered only where the requester asked to
    cancel; with `first` it stands out.
    """

    name: str
    says: str
    label: Pair
    states: frozenset[str]
    fields: tuple[FieldName, ...] = ()
    reasons: Literal["", "declines", "delays"] = ""
    outcomes: Literal["all", "done", "failed"] = "all"
    cancelling: bool = False
    first: bool = False


ACTS = (
    Act(
        "agree-to-cancel",
        "cancelled",
        ("Agree to cancel", "Der Beendigung zustimmen"),
        _TAKEN_UP,
        ("explain",),
        cancelling=True,
        first=True,
    ),
    Act(
        "keep",
        "cancel_declined",
        ("Do not cancel, go on", "Nicht beenden, weitermachen"),
        _OPEN,
        ("explain",),
        cancelling=True,
    ),
    Act(
        "accept",
        "accepted",
        ("Accept", "Annehmen"),
        _UNDECIDED | {"expired"},
        ("explain",),
        first=True,
    ),
    Act(
        "resume",
        "accepted",
        ("Go on with it", "Weitermachen"),
        frozenset({"on_hold"}),
        ("explain",),
        first=True,
    ),
    Act(
        "book",
        "scheduled",
        ("Make an appointment", "Termin vereinbaren"),
        frozenset({"received", "accepted", "on_hold"}),
        ("date", "time", "explain"),
        first=True,
    ),
    Act(
        "rebook",
        "appointment_rescheduled",
        ("Change the appointment", "Termin verlegen"),
        frozenset({"scheduled"}),
        ("date", "time", "explain"),
    ),
    Act(
        "book-again",
        "appointment_booked",
        ("Make another appointment", "Weiteren Termin vereinbaren"),
        frozenset({"in_progress"}),
        ("date", "time", "explain"),
    ),
    Act(
        "start",
        "in_progress",
        ("Help has started", "Hilfe hat begonnen"),
        frozenset({"accepted", "scheduled", "on_hold"}),
        ("explain",),
        first=True,
    ),
    Act(
        "no-show",
        "no_show",
        ("The person did not come", "Die Person ist nicht gekommen"),
        frozenset({"scheduled"}),
        ("explain",),
    ),
    Act(
        "call-off",
        "appointment_cancelled",
        ("The appointment is off", "Der Termin fällt aus"),
        frozenset({"scheduled"}),
        ("reason", "explain"),
        reasons="delays",
    ),
    Act(
        "done",
        "completed",
        ("Done: report the outcome", "Erledigt: Ergebnis melden"),
        _AT_WORK,
        ("outcome", "explain"),
        outcomes="done",
        first=True,
    ),
    Act(
        "fail",
        "failed",
        ("It did not work out", "Es ist nicht gelungen"),
        _TAKEN_UP,
        ("outcome", "explain"),
        outcomes="failed",
    ),
    Act(
        "report",
        "outcome_reported",
        ("Report an outcome so far", "Zwischenergebnis melden"),
        _AT_WORK,
        ("outcome", "explain"),
    ),
    Act(
        "amend",
        "outcome_amended",
        ("Correct the outcome", "Ergebnis berichtigen"),
        _DONE,
        ("outcome", "explain"),
    ),
    Act(
        "hold",
        "on_hold",
        ("Put on hold", "Anhalten"),
        _UNDECIDED | _AT_WORK,
        ("reason", "explain"),
        reasons="delays",
    ),
    Act(
        "decline",
        "rejected",
        ("Decline", "Ablehnen"),
        _UNDECIDED | {"on_hold", "expired"},
        ("reason", "explain"),
        reasons="declines",
    ),
    Act(
        "reopen",
        "received",
        ("Take it up after all", "Doch noch aufgreifen"),
        frozenset({"rejected"}),
        ("explain",),
    ),
    Act(
        "ask",
        "information_requested",
        ("Ask a question", "Eine Frage stellen"),
        _ANY,
        ("question",),
    ),
    Act(
        "message",
        "message_added",
        ("Send a message", "Eine Nachricht senden"),
        _ANY,
        ("text",),
    ),
)
BY_NAME = {each.name: each for each in ACTS}
#: What leads on where an appointment fell through: another one, or an end.
AFTER_AN_APPOINTMENT = frozenset({"book", "book-again", "done", "fail"})


def open_acts(state: str, *, cancelling: bool, closed: bool = False) -> list[Act]:
    """Return what can be done in a state, in the order in which it is offered.

    `cancelling` says that the requester asked to cancel, `closed` that the loop is
    closed: then all has been said.
    """
    if closed:
        return []
    return [
        each
        for each in ACTS
        if state in each.states and (cancelling or not each.cancelling)
    ]
