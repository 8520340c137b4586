"""What each code of a row means, and what to do. Data."""

from collections.abc import Mapping

#: What each code of a row means, and what to do.
ROW_CODES: Mapping[str, tuple[str, str]] = {
    "row.too_long": (
        "A row has more than 65,000 characters",
        "Look for a missing line end, or for another kind of file inside this one",
    ),
    "row.quote": (
        "A quote stands where none can be, or is never closed",
        "Ask the partner to save the table anew; a quote inside of a cell is doubled",
    ),
    "row.width": (
        "A row has more cells than the header",
        "Ask the partner to quote cells that hold separators",
    ),
    "row.encoding": (
        "A row has bytes that are no text in the character set of the feed",
        "Ask the partner to save the table as UTF-8; or set `charset`",
    ),
    "row.control_character": (
        "A row has control characters, such as NUL",
        "Ask the partner to save the table anew",
    ),
    "column.empty": (
        "A cell is empty that no row may leave empty",
        "Ask the partner to fill it in",
    ),
    "value.too_long": (
        "A value is longer than this column's can be",
        "Ask the partner to shorten it",
    ),
    "status.unknown": (
        "A word for the status of a referral is not known",
        "Add it to `statuses`; the row is not used before",
    ),
    "outcome.unknown": (
        "A word for the outcome of a referral is not known",
        "Tell the partner which words there are",
    ),
    "outcome.missing": (
        "A referral has ended, and nobody says how",
        "Ask the partner to fill in `outcome`",
    ),
    "reason.missing": (
        "A referral was declined, held, or has failed, and nobody says why",
        "Ask the partner to fill in `reason` or `explanation`",
    ),
    "date.invalid": (
        "A day or time is not written as 2026-03-24 or 24.3.2026, and 14:30",
        "Ask the partner to correct it",
    ),
    "date.future": (
        "A day has not come yet on which something is said to have happened",
        "Ask the partner to correct it",
    ),
    "appointment.missing": (
        "An appointment was made, and nobody says when it is",
        "Ask the partner to fill in the day and the time",
    ),
}
