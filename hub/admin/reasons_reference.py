"""The reference page of the reasons of decisions, made from their catalogue."""

from hub.store.explaining.reasons import ReasonView, reasons

_INTRODUCTION = """# Reasons

Made from the code by `python -m hub.reference --write`; do not edit.

Every decision on a notice has a reason, which `hub explain` and the API show.
`hub errors REASON` prints the line of one.
A retraction goes to whoever heard of what it takes back, whatever else is decided.

| Reason | It means | What to change |
|---|---|---|"""


def reasons_reference() -> str:
    """Return the reference of the reasons, in Markdown."""
    return "\n".join([_INTRODUCTION, *map(_row, reasons())]) + "\n"


def _row(reason: ReasonView) -> str:
    cells = [f"`{reason.code}`", _sentence(reason.summary), _sentence(reason.remedy)]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _sentence(text: str) -> str:
    return f"{text}." if text else "Nothing."
