"""The ledger of a fold: the history of a referral, and what is to be told of it."""

from typing import Any

from hub.coordination.referrals.picture import Act, Step, Telling
from hub.coordination.referrals.said import Said, Who
from hub.model.times import exactly

#: What can happen several times, and is told each time and once.
_NUMBERED = frozenset({"cancel_requested", "redirected", "scheduled"})


class Ledger:
    """Writes down each statement once, under what makes it the same (R-REF-03)."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, ...], Step] = {}
        self._tellings: dict[str, Telling] = {}
        self._times: dict[str, int] = {}

    @property
    def history(self) -> tuple[Step, ...]:
        """All that was said, in the order in which it happened."""
        return tuple(self._steps.values())

    @property
    def tellings(self) -> tuple[Telling, ...]:
        """All that is to be told, in that order."""
        return tuple(self._tellings.values())

    def note(self, said: Said, conflict: str = "") -> None:
        """Write a statement into the history."""
        who, basis = said.who.party, said.basis
        step = Step(said.says, said.by or "", said.at, who, conflict, basis)
        self._steps.setdefault(_place(said), step)

    def tell(
        self,
        said: Said,
        event: str,
        *,
        once: str = "",
        moves: bool = False,
        anomalies: tuple[str, ...] = (),
        beside: dict[str, Any] | None = None,
    ) -> None:
        """Have something told: `once` of this content, a move each time it is made.

        Else once for each time at which it was said, of each side.
        """
        self.note(said)
        if moves or event in _NUMBERED:
            times = self._times[event] = self._times.get(event, 0) + 1
            key = f"{event}#{times}"
        else:
            mark = once or said.at.isoformat()
            key = f"{said.says or event}:{said.by}:{_name(said.who)}:{mark}"
        self._write(said, key, event, moves=moves, anomalies=anomalies, beside=beside)

    def refuse(self, said: Said, conflict: str) -> None:
        """Keep a statement that does not count, and have a human told of it."""
        self.note(said, conflict)
        key = _conflict_key(said, conflict)
        beside = {
            "conflict": {
                "reason": conflict,
                "says": said.says,
                "by": said.by or "",
                "at": said.at.isoformat(),
            }
        }
        self._write(said, key, "conflict", beside=beside)

    def allow(self, said: Said) -> None:
        """Let a statement count after all that was refused as too late."""
        self._steps.pop(_place(said), None)
        self._tellings.pop(_conflict_key(said, "answer.late"), None)

    def act(self, act: Act) -> None:
        """Have it told that the hub gave up waiting for the requester."""
        key = f"auto_closed:{act.at.isoformat()}"
        self._steps[act.level, "hub", act.at.isoformat()] = Step(
            act.level, "hub", act.at
        )
        self._tellings[key] = Telling(
            key=key,
            event="escalated",
            says=act.level,
            by="hub",
            time=exactly(act.at),
            at=act.at,
            basis="inferred",
            moves=True,
            beside={"level": act.level},
        )

    def _write(
        self,
        said: Said,
        key: str,
        event: str,
        *,
        moves: bool = False,
        anomalies: tuple[str, ...] = (),
        beside: dict[str, Any] | None = None,
    ) -> None:
        own = {"status_reason": said.reason, "note": said.details.get("text")}
        kept = {name: value for name, value in own.items() if value}
        telling = Telling(
            key=key,
            event=event,
            says=said.says,
            by=said.by or "",
            time=said.time,
            at=said.at,
            basis=said.basis,
            moves=moves,
            actor=said.actor,
            beside={**kept, **(beside or {})},
            anomalies=anomalies,
        )
        self._tellings.setdefault(key, telling)


def _place(said: Said) -> tuple[str, ...]:
    mark = said.content if not said.says else ""
    at, who = said.at.isoformat(), _name(said.who)
    return said.says, said.by or "", at, who, mark, said.basis


def _conflict_key(said: Said, conflict: str) -> str:
    return f"conflict:{conflict}:{said.says}:{said.by or ''}:{_name(said.who)}"


def _name(who: Who) -> str:
    return who.party or "|".join(who.ids) or who.name
