"""What each code of a remark of this reader means, and what to do about it."""

ROW_CODES: dict[str, tuple[str, str]] = {
    "hsds.bad_line": (
        "A line is no JSON object; it was left out, the others were read",
        "Write one object to each line",
    ),
    "hsds.datapackage_differs": (
        "The datapackage.json names another version or other columns than the tables",
        "Bring it in line with the tables; the tables were believed",
    ),
    "hsds.datapackage_unreadable": (
        "The datapackage.json cannot be read",
        "Correct it, or leave it out",
    ),
    "hsds.dangling": (
        "An object refers to another one that is not in the directory",
        "Add what it refers to, or take the reference out",
    ),
    "hsds.date": (
        "A date cannot be read, and was left out",
        "Write dates as YYYY-MM-DD",
    ),
    "hsds.date_form": (
        "A date is not written as the specification asks; it was converted",
        "Write dates as YYYY-MM-DD",
    ),
    "hsds.duplicate_id": (
        "An id is there twice with different content; the first was kept",
        "Give each object an id of its own",
    ),
    "hsds.empty": (
        "The directory lists nothing at all",
        "Look at the export; nothing is removed because of it",
    ),
    "hsds.encoding": (
        "Some of a table is not UTF-8; it was read as Windows-1252",
        "Export in UTF-8, or set `encoding` in the profile",
    ),
    "hsds.file_ignored": (
        "The package holds a file that is no table of a directory",
        "Leave it out, or name the table as the specification does",
    ),
    "hsds.header_repeated": (
        "Two columns of a table have one name; the first was read",
        "Name each column once",
    ),
    "hsds.id_type": (
        "An id is a number; it was taken as text",
        "Write ids as text",
    ),
    "hsds.id_unusable": (
        "An id is no text or number, or longer than 255 characters",
        "Give the object an id",
    ),
    "hsds.no_id": (
        "An object has no id; it was left out",
        "Give each object an id that stays the same from export to export",
    ),
    "hsds.not_complete": (
        "The package is one page, or one object, of more; nothing is removed by it",
        "Send all pages as one package to have removals seen",
    ),
    "hsds.nul_bytes": (
        "A table holds NUL characters; they were left out",
        "Look at what writes the export",
    ),
    "hsds.number": (
        "A number cannot be read, and was left out",
        "Write numbers in digits, with a point",
    ),
    "hsds.orphan": (
        "A row belongs to an object that is not in the directory; it was left out",
        "Add what it belongs to, or take the row out",
    ),
    "hsds.phones_split": (
        "One field holds several phone numbers; they were taken apart",
        "Give each number a row of its own",
    ),
    "hsds.private_contact": (
        "A phone number or contact is marked private; it was left out",
        "Nothing, if that is meant",
    ),
    "hsds.ragged_row": (
        "A row has more or fewer cells than the header; it was left out",
        "Put cells that hold separators or line ends in quotes",
    ),
    "hsds.restricted": (
        "The place is kept secret: addresses, coordinates and maps were left out",
        "Nothing, if that is meant",
    ),
    "hsds.status_assumed": (
        "A service has no status; it was taken as active since it is listed",
        "State the status of each service",
    ),
    "hsds.table_missing": (
        "The datapackage.json names a table that is not in the package",
        "Send all tables; nothing is removed by a package that lacks one",
    ),
    "hsds.taxonomy_cycle": (
        "A term of the taxonomy is its own ancestor",
        "Correct its parent_id",
    ),
    "hsds.truncated": (
        "The JSON ends, or breaks, in the middle; what stands before was read",
        "Send it again; nothing is removed by a package that is not whole",
    ),
    "hsds.type": (
        "A value is of another type than the specification says",
        "Write text as text, lists as lists and objects as objects",
    ),
    "hsds.unclosed_quote": (
        "A quote is opened and not closed; the row was left out",
        "Double the quotes within a quoted cell",
    ),
    "hsds.unknown_shape": (
        "It cannot be told what kind of object this is; it was left out",
        "Give it the fields that the specification requires",
    ),
}
