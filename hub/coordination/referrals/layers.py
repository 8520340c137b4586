"""Layers: what each side has stated of a referral so far, and both together."""

from collections.abc import Mapping
from typing import Any

from hub.coordination.referrals.merging import Details, learn, merged
from hub.coordination.referrals.said import Who, named_party, outcome_of
from hub.model.referrals import Side


class Layers:
    """The details of two owners, while they are learnt."""

    def __init__(self) -> None:
        self.request: Details = {}
        self._answer: Details = {}

    def learn(self, by: Side | None, told: Mapping[str, Any]) -> None:
        """Take in what a side states; the hub only fills in what is missing."""
        if by == "requester":
            self.request = learn(self.request, told)
        elif by == "performer":
            self._answer = learn(self._answer, told)
        else:
            self._answer = learn(self._answer, {**told, **self._answer})

    def details(self) -> Details:
        """Return the details of the referral, from both."""
        return merged(self.request, self._answer)

    @property
    def named_performer(self) -> Who:
        """Whom the requester wants to act."""
        return named_party(self.request.get("performer"))

    @property
    def appointment(self) -> Any:
        """The appointment, as the performer stated it."""
        return self._answer.get("appointment")

    @property
    def outcome(self) -> str:
        """The code of what became of the need, as the performer says; "" for none."""
        return outcome_of(self._answer)

    def drop_appointment(self) -> None:
        """Let the appointment be none any more."""
        self._answer = learn(self._answer, {"appointment": None})
