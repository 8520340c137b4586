"""What the gate itself says of rows and records; readers have codes of their own."""

#: What each code means, and what to do, as `NormaliserSpec.row_codes` has it.
ROW_CODES: dict[str, tuple[str, str]] = {
    "row.key_missing": (
        "The row does not say whose record it is",
        "Fill the columns that make the key",
    ),
    "row.key_unusable": (
        "The key of the row is too long, or is no text",
        "Correct the columns that make the key",
    ),
    "row.key_twice": (
        "Another row of the same file has this key and says something else",
        "Send one row for each record; none was used, and what was known of it stays",
    ),
    "row.too_large": (
        "The row is larger than any record can be",
        "Look for a quotation mark that is never closed",
    ),
    "row.absent": (
        "The record is known, and the file does not have it",
        "Look whether it has ended; it stays until somebody says that it has",
    ),
    "row.end_unknown": (
        "The row ends a record that is not known, or has ended",
        "Nothing, where the sender ended it before; else send the record first",
    ),
    "row.superseded": (
        "A later row of the same file takes the place of this one",
        "Nothing",
    ),
    "panel.missing": (
        "The feed has the record as active, and the panel has not its number",
        "Look at the lists of the panel: one of somebody else may be in force",
    ),
    "panel.extra": (
        "The panel has the number, and no active record of the feed has it",
        "Look at the lists of the panel: one of somebody else may be in force",
    ),
    "ack.unknown": (
        "The file answers one that we did not send",
        "Find what the response names in `hub exchange list`, or ask the partner",
    ),
    "ack.no_code": (
        "The partner's answer has words where a code should be, which are not kept",
        "Read the partner's file, and name the column that has codes in its profile",
    ),
}
