"""A plain reading of the rules of referrals, which knows nothing of the hub's.

What was said is read again from the start whenever something is said; who is told
what follows from what was not told before. Source: domain 4.1 to 4.4.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

NEXT = {
    "requested": {
        "R": "cancelled entered_in_error",
        "P": "received accepted rejected on_hold",
        "H": "received expired failed",
    },
    "received": {
        "P": "accepted rejected on_hold scheduled cancelled failed",
        "H": "expired",
    },
    "accepted": {"P": "scheduled in_progress on_hold completed cancelled failed"},
    "scheduled": {"P": "accepted in_progress on_hold completed cancelled failed"},
    "in_progress": {"P": "completed on_hold cancelled failed"},
    "on_hold": {
        "P": "received accepted scheduled in_progress rejected cancelled failed",
        "H": "expired",
    },
    "rejected": {"P": "received"},
}
OPEN = set(NEXT) - {"rejected"}
TAKEN_UP = OPEN - {"requested"}
DONE = {"completed", "failed", "cancelled"}
ENDED = DONE | {"rejected", "expired", "entered_in_error"}
ANY = OPEN | ENDED - {"entered_in_error"}
BESIDE = {
    "cancel_requested": ("R", OPEN),
    "cancel_declined": ("P", OPEN),
    "no_show": ("P", TAKEN_UP),
    "appointment_cancelled": ("P", TAKEN_UP),
    "information_requested": ("RP", ANY),
    "message_added": ("RPH", ANY),
    "outcome_reported": ("P", (TAKEN_UP - {"received"}) | DONE),
    "outcome_amended": ("P", DONE),
    "confirmed": ("R", TAKEN_UP | {"expired"}),
    "closed": ("RH", ENDED),
    "outcome_received": ("RH", ENDED),
}
SAYS = {
    state: "".join(
        side
        for nexts in NEXT.values()
        for side in nexts
        if state in nexts[side].split()
    )
    for state in [*NEXT, *ENDED]
    if state != "requested"
}
#: Which side hears what, beside what it said itself.
REQUESTER_HEARS = {
    *("received", "accepted", "rejected", "on_hold", "resumed", "scheduled"),
    *("no_show", "appointment_cancelled", "started", "completed", "failed"),
    *("cancel_declined", "cancelled", "expired", "reopened", "outcome_reported"),
    *("information_requested", "information_provided", "outcome_amended"),
}
PERFORMER_HEARS = {
    *("requested", "information_requested", "information_provided", "redirected"),
    *("cancel_requested", "cancelled", "entered_in_error", "expired", "failed"),
    *("reopened", "loop_closed"),
}
TELLS_AN_END = {
    *("completed", "failed", "rejected", "cancelled", "expired"),
    *("outcome_reported", "outcome_amended"),
}
NAMES = {"in_progress": "started", "message_added": "information_provided"}
NAMES["confirmed"] = "information_provided"
SHOWS_ACCEPTANCE = {"scheduled", "in_progress", "completed"}
REOPENED_WITHIN = timedelta(days=30)


class Said(NamedTuple):
    """One statement: when, how many before it, R, P or H, and what."""

    at: datetime
    place: int
    side: str
    says: str
    party: str = ""
    bound: bool = True
    outcome: str = ""
    appointment: str = ""
    text: str = ""
    performer: str = ""


class Told(NamedTuple):
    """Something that is to be told, and what makes it the same."""

    key: tuple
    event: str
    side: str
    moves: bool = False
    at: datetime | None = None


class Picture:
    """Where a referral is, by all that was said."""

    def __init__(self, said):
        self.state, self.loop, self.since = "", "open", None
        self.performer = self.named = ""
        self.cancel = self.by_hub = False
        self.outcome = self.appointment = self.held = ""
        self.asked = None
        self.late, self.told, self.times = [], [], {}
        opening = min(
            (each for each in said if each.says == "requested" and each.side == "R"),
            default=None,
        )
        rest = sorted(each for each in said if each is not opening)
        for each in [opening, *rest] if opening else rest:
            self.hear(each)

    def tell(self, event, said, *mark, moves=False):
        if moves:
            self.times[event] = self.times.get(event, 0) + 1
            mark = (self.times[event],)
        known = event, *mark
        if known not in [each.key for each in self.told]:
            self.told.append(Told(known, event, said.side, moves, said.at))

    def conflict(self, said, why):
        self.tell("conflict", said, why, said.says, said.side, said.party)

    def hear(self, said):
        own = self.named or self.performer
        late = said.says in {"accepted", "rejected"} or self.late
        if not said.bound:
            self.conflict(said, "unbound")
        elif said.side == "P" and own and own != said.party:
            self.conflict(said, "other performer")
        elif not said.says:
            self.hold(said)
            mark = said.side, said.party, said.performer
            self.tell("information_provided", said, *mark)
        elif said.says in BESIDE:
            self.beside(said)
        elif self.state == "expired" and said.side == "P" and late:
            self.late.append(said)
            self.conflict(said, "late")
        else:
            self.step(said)

    def step(self, said):
        if (
            said.side == "P"
            and self.state in {"requested", "received"}
            and said.says in {"scheduled", "in_progress", "completed"}
            and said.says not in NEXT[self.state]["P"].split()
        ):
            # Who does it has accepted it, whether or not that was said.
            self.enter(said._replace(says="accepted", outcome="", appointment=""))
        allowed = NEXT.get(self.state, {}).get(said.side, "").split()
        allowed += ["requested"] if not self.state and said.side == "R" else []
        if self.state == "expired" and said.side == "P":
            allowed += ["accepted", "rejected"]  # once it is confirmed
        if self.skips(said, allowed):
            # Who does this has accepted, whether or not that was said.
            self.enter(said._replace(says="accepted", outcome="", appointment=""))
            allowed = NEXT["accepted"]["P"].split()
        late = self.state == "rejected" and said.at > self.since + REOPENED_WITHIN
        if self.state == said.says and said.side in SAYS.get(said.says, "R"):
            self.again(said)
        elif said.says in allowed and not late:
            self.enter(said)
        elif (said.side, said.says) != ("H", "received"):
            self.conflict(said, "forbidden")

    def skips(self, said, allowed):
        undecided = self.state in {"requested", "received"} and said.side == "P"
        return undecided and said.says in SHOWS_ACCEPTANCE - {*allowed}

    def again(self, said):
        self.hold(said)
        if said.says == "scheduled" and said.appointment != self.appointment:
            self.appointment = said.appointment
            self.tell("scheduled", said, self.next("scheduled"))
        elif said.outcome and said.outcome != self.outcome:
            self.outcome = said.outcome
            self.tell("outcome_reported", said, said.side, said.party, said.outcome)

    def next(self, event):
        self.times[event] = self.times.get(event, 0) + 1
        return self.times[event]

    def hold(self, said):
        if said.side == "P":
            self.performer = self.performer or said.party
        if said.side == "R" and said.performer and said.performer != self.named:
            if self.named and (self.state != "requested" or self.performer):
                self.conflict(said, "performer changed")
            else:
                if self.named:
                    self.tell("redirected", said, self.next("redirected"))
                self.named = said.performer

    def enter(self, said):
        before = self.state
        self.hold(said)
        self.outcome = said.outcome or self.outcome
        goes_on = {before, said.says} <= {"requested", "received"} and before
        if said.says in {"requested", "received"}:
            self.asked = self.asked if goes_on else said.at
        self.state, self.since, self.loop = said.says, said.at, "open"
        self.by_hub = said.side == "H"
        self.late = []
        if said.says in ENDED:
            self.cancel = False
        if said.says not in {"accepted", "scheduled", "in_progress", "on_hold"} or (
            (before, said.says) == ("scheduled", "accepted")
        ):
            self.appointment = ""
        self.appointment = said.appointment or self.appointment
        own = NAMES.get(said.says, said.says)
        events = [own]
        if before == "rejected":
            events = ["reopened"]
        elif before == "on_hold" and said.says not in ENDED:
            events = ["resumed"] if said.says == self.held else ["resumed", own]
        for event in events:
            self.tell(event, said, moves=True)
        if said.says == "on_hold":
            self.held = before
        if said.side == "R" and said.says in ENDED:
            self.loop = "closed_by_requester"
            if said.says == "cancelled":
                self.tell("loop_closed", said, moves=True)

    def beside(self, said):
        sides, states = BESIDE[said.says]
        void = {
            "cancel_declined": not self.cancel,
            "closed": not self.ends_known(),
        }.get(said.says, False)
        if said.side not in sides or self.state not in states or void:
            self.conflict(said, "beside")
            return
        self.hold(said)
        happens = getattr(self, f"on_{said.says}", self.on_words)
        happens(said, NAMES.get(said.says, said.says))

    def on_words(self, said, event):
        self.tell(event, said, said.side, said.party, said.at)

    def on_cancel_requested(self, said, event):
        if not self.cancel:
            self.tell(event, said, self.next(event))
        self.cancel = True

    def on_cancel_declined(self, said, event):
        self.cancel = False
        self.tell(event, said, moves=True)

    def on_no_show(self, said, event):
        self.appointment = ""
        if self.state == "scheduled":
            self.state, self.since, self.loop = "accepted", said.at, "open"
        self.tell(event, said, moves=True)

    on_appointment_cancelled = on_no_show

    def on_outcome_reported(self, said, event):
        self.outcome = said.outcome
        self.tell(event, said, said.side, said.party, said.outcome, said.says)

    on_outcome_amended = on_outcome_reported

    def on_outcome_received(self, _said, _event):
        if self.is_open() and self.ends_known():
            self.loop = "outcome_received"

    def on_closed(self, said, _event):
        if self.is_open():
            self.loop = "closed_by_requester" if self.outcome else "closed_unresolved"
            self.tell("loop_closed", said, moves=True)

    def on_confirmed(self, said, event):
        self.on_words(said, event)
        late, self.late = self.late, []
        gone = [("conflict", "late", e.says, e.side, e.party) for e in late]
        self.told = [each for each in self.told if each.key not in gone]
        for each in late:
            self.step(each)

    def is_open(self):
        return self.loop in {"open", "outcome_received"}

    def ends_known(self):
        if self.state in {"completed", "failed"}:
            return self.by_hub or bool(self.outcome)
        return self.state in ENDED


class PlainReferral:
    """What was said of one referral, and who was told what of it."""

    def __init__(self, requester, closes):
        self.requester, self.closes = requester, closes
        self.said, self.done, self.heard, self.knows = [], {}, [], {}
        self.consent, self.asked = True, []

    @property
    def picture(self):
        return Picture(self.said)

    def say(self, at, side, says, **more):
        said = Said(at, len(self.said), side, says, **more)
        if said not in [each._replace(place=said.place) for each in self.said]:
            self.said.append(said)
        if said.performer and said.performer not in self.asked:
            self.asked.append(said.performer)

    def settle(self, now):
        """Tell what is to be told, and say what the hub says because of that."""
        while news := self.news():
            picture = self.picture
            for each in news:
                for to in self.hearers(each, picture):
                    self.heard.append((to, each.event))
                    self.knows.setdefault(each.key, []).append(to)
                    self.follow(to, each, picture, now)

    def news(self):
        """Return what was not told yet; what was overtaken belongs to the history."""
        wanted = self.picture.told
        keys = {each.key for each in wanted}
        for key in [key for key in self.done if key not in keys]:
            # It turned out otherwise: whoever heard of it hears that.
            del self.done[key]
            gone = self.knows.pop(key, [])
            self.heard += [(to, "history_added") for to in gone]
        found, overtaken = [], False
        for each in reversed(wanted):
            if each.key in self.done:
                overtaken = overtaken or each.moves
                continue
            self.done[each.key] = each
            late = overtaken and each.moves
            found.insert(0, each._replace(event="history") if late else each)
        return found

    def hearers(self, news, picture):
        mistake = picture.state == "entered_in_error"
        if mistake and news.event != "entered_in_error":
            return
        if news.event in REQUESTER_HEARS and news.side != "R":
            yield self.requester
        if news.event in PERFORMER_HEARS and news.side != "P" and self.consent:
            now = picture.named or picture.performer
            before = [each for each in self.asked if each != now]
            yield from [now] if now else []
            if news.event == "redirected":
                yield from before

    def follow(self, to, news, picture, now):
        asks = news.event in {"requested", "redirected"} and to == picture.named
        if asks and picture.state == "requested":
            self.say(news.at, "H", "received")
        ends = picture.state in ENDED and picture.ends_known()
        if to == self.requester and news.event in TELLS_AN_END and ends:
            self.say(max(now, news.at + timedelta(seconds=1)), "H", self.closes)
