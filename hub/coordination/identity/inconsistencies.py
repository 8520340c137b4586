"""What can be wrong with a person: each kind has a code and says what to do.

These are found, not raised: they are shown by ``hub check --people`` and noted by
the nightly check. Source: R-ID-03.
"""

from hub.errors import HubError

_APART = "unlink the numbers that are not this person's, or have the sender correct it"


class TwoBedsError(HubError):
    """Somebody lies in two hospitals at once."""

    code = "PERSON-001"
    summary = "A person is an inpatient of two hospitals at the same time"
    remedy = f"Ask both whether a discharge is missing; else {_APART}"


class TooFastError(HubError):
    """Somebody is in two places, and could not have come from one to the other."""

    code = "PERSON-002"
    summary = "A person is at two hospitals within an hour, and an inpatient of one"
    remedy = f"Ask both who the patient is; then {_APART}"


class TwoBirthDatesError(HubError):
    """The numbers of a person came with different birth dates."""

    code = "PERSON-003"
    summary = "A person has two birth dates"
    remedy = f"Find out which one is right; then {_APART}"


class SeenAfterDeathError(HubError):
    """Somebody who died is treated."""

    code = "PERSON-004"
    summary = "A person was treated after they had died"
    remedy = f"Find out who died and who was treated; then {_APART}"


class TwoNumbersError(HubError):
    """Somebody has two numbers of a kind of which a person has one."""

    code = "PERSON-005"
    summary = "A person has two numbers where the authority gives each person one"
    remedy = f"Ask the authority whose each number is; then {_APART}"


class NotYetNamedError(HubError):
    """A newborn still goes by the name that was made up at birth."""

    code = "PERSON-006"
    summary = "A person still has the temporary name of a newborn"
    remedy = (
        "Ask the hospital of birth for the name, or whether it has merged the child"
    )
