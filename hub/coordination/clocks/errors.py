"""What can be wrong with the data of clocks, and with where a facility is."""

from hub.errors import HubError, Recovery


class ClockRulesError(HubError):
    """A file of clock rules does not hold rules."""

    code = "CLOCK-001"
    summary = "The file of clock rules cannot be used"
    remedy = "Compare it with the shipped files; every key and value is checked"
    recovery = Recovery.STOP


class CalendarError(HubError):
    """There is no calendar of working days for a place."""

    code = "CLOCK-002"
    summary = "There is no calendar of working days for this country or subdivision"
    remedy = "Give a country and subdivision of ISO 3166, such as DE and BY"
    recovery = Recovery.STOP


class ZoneError(HubError):
    """A time zone does not exist."""

    code = "CLOCK-003"
    summary = "The time zone of the facility is not known"
    remedy = "Give an IANA time zone, such as Europe/Berlin, or an offset like +01:00"
    recovery = Recovery.STOP
