"""What each code of a row, or of a part, of an X12 file means, and what to do."""

ROW_CODES: dict[str, tuple[str, str]] = {
    "x12.isa_width": (
        "An element of the header (ISA) is not as wide as it has to be",
        "Fill it up with blanks: all elements of the ISA have fixed widths",
    ),
    "x12.delimiter": (
        "A character that parts elements or segments cannot do so, or does twice",
        "Use * : ^ ~ or others that are no letters, digits or blanks, each once",
    ),
    "x12.lower_case": (
        "The header is written in lower case",
        "Write the ids of segments in capitals",
    ),
    "x12.header": (
        "An element of the header (ISA) is not valid",
        "Correct the element that is named",
    ),
    "x12.sender": (
        "The interchange is from somebody else than this feed's partner",
        "Send it by the feed of that sender, or correct `partner` of the profile",
    ),
    "x12.receiver": (
        "The interchange is to somebody else",
        "Correct ISA08, or `us` of the profile",
    ),
    "x12.control": (
        "A control number is missing or is none",
        "Number interchanges, groups and transaction sets",
    ),
    "x12.control_differs": (
        "The control number at the end is not that at the beginning",
        "Send the file again: something was lost, or two files were joined",
    ),
    "x12.control_repeated": (
        "A control number is there twice",
        "Give each group and each transaction set a number of its own",
    ),
    "x12.count": (
        "What the trailer counts is not what is there",
        "Send the file again; `counts` of the profile can be set to warn only",
    ),
    "x12.trailer": (
        "The end of an interchange, group or transaction set is missing",
        "Send the whole file again",
    ),
    "x12.truncated": (
        "The file ends within a segment",
        "Send the whole file again",
    ),
    "x12.structure": (
        "A segment stands where it does not belong",
        "Put transaction sets into groups, and groups into interchanges",
    ),
    "x12.unsupported": (
        "This kind of transaction set is not read",
        "Send what was agreed on",
    ),
    "x12.version": (
        "The transaction set has a version that is not read",
        "Send a version that was agreed on, or name it in `versions` of the profile",
    ),
    "x12.wrong_group": (
        "The transaction set is of another kind than its group",
        "Correct GS01 or ST01",
    ),
    "x12.copy": (
        "The transaction set is an information copy (BGN01 is 22)",
        "Nothing, where the original comes too",
    ),
    "x12.segment_too_long": (
        "A segment has more than 1 MiB",
        "Look whether segments are ended by the character that the ISA names",
    ),
    "x12.binary_length": (
        "A binary segment has another length than it says",
        "Correct the length, or leave the segment out",
    ),
    "x12.guide": (
        "The transaction set is not as its implementation guide says",
        "Look at the 999: it names segments and elements",
    ),
    "x12.no_map": (
        "The transaction set was not compared with a guide: there is no map of it",
        "Nothing; its envelope was checked",
    ),
    "x12.guide_time": (
        "The comparison with the guide came to no end in the time that it may take",
        "Raise `guide_seconds` of the profile, or agree on smaller files",
    ),
    "x12.guide_failed": (
        "The comparison with the guide failed",
        "Nothing; its envelope was checked",
    ),
    "member.maintenance_unknown": (
        "What is to be done with the member or the coverage is not known",
        "Use a maintenance type code of the guide (INS03, HD01)",
    ),
    "member.relationship_unknown": (
        "How the member is related to the subscriber is not known",
        "Use a relationship code of the guide (INS02)",
    ),
    "member.indicator_unknown": (
        "It is not said whether the member is the subscriber",
        "Write Y or N in INS01",
    ),
    "member.number_missing": (
        "The member has no number",
        "Send the subscriber's number (REF 0F), or that which was agreed on",
    ),
    "member.identity_missing": (
        "The dependant cannot be told from others of the same subscriber",
        "Send a birth date or a given name, or a number of the dependant's own",
    ),
    "member.too_long": (
        "The member has more than 2,000 segments",
        "Look whether the next member begins with an INS",
    ),
    "date.invalid": (
        "A date is no date",
        "Write it as CCYYMMDD (D8), ranges from the earlier to the later (RD8)",
    ),
}
