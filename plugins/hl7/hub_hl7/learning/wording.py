"""Names of fields as a person reads them."""

#: What hl7apy has no tables of: IHE PAM's movements, and the labels of 2.9.
BEYOND = {
    "ZBE-1": "Movement ID",
    "ZBE-2": "Start of Movement",
    "ZBE-3": "End of Movement",
    "ZBE-4": "Action on Movement",
    "ZBE-5": "Historical Movement Indicator",
    "ZBE-6": "Original Trigger Event",
    "ZBE-7": "Responsible Ward",
    "ZBE-8": "Responsible Nursing Ward",
    "ZBE-9": "Nature of Movement",
    "MSH-26": "Security Classification Tag",
    "MSH-27": "Security Handling Instructions",
    "MSH-28": "Special Access Restriction Instructions",
}
_SMALL = frozenset({"a", "an", "and", "by", "for", "from", "in", "of", "on", "or"}) | {
    "the", "to", "with",
}  # fmt: skip
_CAPITALS = frozenset({"DEA", "DRG", "ID", "MPI", "SSN", "UPIN", "VIP"})


def title(name: str, segment: str) -> str:
    """Return ``DATE_TIME_OF_BIRTH`` as ``Date/Time of Birth``.

    The name of the `segment` and what has a digit in it stay in capitals.
    """
    name = name.replace("DATE_TIME", "DATE/TIME").replace("_S_", "'S_")
    first, *others = name.split("_")
    return " ".join(
        [_word(first, segment), *(_later(word, segment) for word in others)]
    )


def _later(word: str, segment: str) -> str:
    return word.lower() if word.lower() in _SMALL else _word(word, segment)


def _word(word: str, segment: str) -> str:
    if word in _CAPITALS or word == segment or any(mark.isdigit() for mark in word):
        return word
    return "/".join(part.capitalize() for part in word.split("/"))
