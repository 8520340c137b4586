"""What each code of a row means, and what to do about it."""

from collections.abc import Mapping

_OF_ALL: Mapping[str, tuple[str, str]] = {
    "row.too_long": (
        "A line has more than a million characters",
        "Look for a missing line end, or for another kind of file inside this one",
    ),
    "row.encoding": (
        "A row has bytes that are no text in the character set of the feed",
        "Ask the partner to write the whole file in one set; set `charset`",
    ),
    "row.control_character": (
        "A row has control characters, such as NUL",
        "Ask the partner to export the value without them",
    ),
    "row.quote": (
        "A quote stands where none can be, or is never closed",
        "A quote inside of a cell is doubled; where nothing is quoted, empty `quote`",
    ),
    "row.width": (
        "A row has more or fewer cells, or positions, than it should",
        "Ask the partner to quote cells that hold separators",
    ),
    "row.header_again": (
        "The header stands once more between the rows",
        "Ask the partner not to join files; each row was read by itself",
    ),
    "column.empty": (
        "A cell is empty that no row may leave empty",
        "Ask the partner to correct the row and to send it again",
    ),
    "column.unknown": (
        "The file has a column that the profile does not know",
        "Add it to `columns`, or to `ignored`, and ask the partner what it means",
    ),
    "id.scientific": (
        "A spreadsheet has rewritten a number, such as 1.23E+10 or 123.0",
        "Digits are lost: ask the partner to export the column as text",
    ),
    "id.digits": (
        "A number has digits of another script, or superscripts",
        "Ask the partner to correct the number in its own system",
    ),
    "id.characters": (
        "A number has line ends, tabs or control characters",
        "Ask the partner to correct the number in its own system",
    ),
    "id.invisible": (
        "A number had marks that nobody sees; it was read without them",
        "Tell the partner: others may take it for another number",
    ),
    "id.too_long": (
        "A number is longer than numbers are",
        "Compare the columns of the file with the profile",
    ),
    "value.too_long": (
        "A value has more than a thousand characters",
        "Compare the columns of the file with the profile",
    ),
    "value.pattern": (
        "A value does not match the pattern of its column",
        "Ask the partner to correct it, or correct `patterns`",
    ),
    "date.invalid": (
        "A day is not written as the feed writes days, or is no day",
        "Ask the partner to correct it, or add its format to `date_formats`",
    ),
    "date.future": (
        "A day has not come yet that must lie in the past",
        "Ask the partner to correct it; perhaps `date_formats` swaps day and month",
    ),
    "number.invalid": (
        "A number cannot be read with the decimal mark of the feed",
        "Ask the partner to correct it, or set `decimal_mark`",
    ),
}
#: The codes of what a file says at its end.
_OF_TRAILERS: Mapping[str, tuple[str, str]] = {
    "trailer.missing": (
        "The file does not end with the trailer that the feed has",
        "It is a part of a file: ask the partner to send it again",
    ),
    "trailer.count": (
        "The trailer counts more or fewer rows than there are",
        "It is a part of a file: ask the partner to send it again",
    ),
    "trailer.sum": (
        "The trailer has another sum than the rows",
        "Ask the partner whether rows were lost, and to send the file again",
    ),
}
_OF_ROSTERS: Mapping[str, tuple[str, str]] = {
    "sex.unknown": (
        "A word for a sex is not known, and was left out",
        "Add it to `sexes`",
    ),
    "action.unknown": (
        "A word for what a row does is not known",
        "Add it to `actions`; the row is not used before",
    ),
}
_OF_GAPS: Mapping[str, tuple[str, str]] = {
    "sex.unknown": _OF_ROSTERS["sex.unknown"],
    "status.unknown": (
        "A word for the status of a care gap is not known",
        "Add it to `statuses`; the row is not used before",
    ),
}
ROSTER_CODES = {**_OF_ALL, **_OF_TRAILERS, **_OF_ROSTERS}
GAP_CODES = {**_OF_ALL, **_OF_TRAILERS, **_OF_GAPS}
ACK_CODES = {**_OF_ALL, **_OF_TRAILERS}
