"""The figures behind a reason, in words that the sender of a file understands."""

from collections.abc import Callable, Mapping

from hub.coordination.exchanges.findings import Counts

_Figures = Callable[[Counts, int | None], str]


def _lost(counts: Counts, _: int | None) -> str:
    return f"{counts.lost} of {counts.before} active records would be gone"


def _wrong(counts: Counts, _: int | None) -> str:
    return f"{counts.rejected} of {counts.read} rows are wrong"


def _read(counts: Counts, _: int | None) -> str:
    return f"Rows that were read: {counts.read}"


def _stated(counts: Counts, stated: int | None) -> str:
    if stated is None:
        return _read(counts, None)
    return f"Stated by the file: {stated}; rows that were read: {counts.read}"


def _nameless(counts: Counts, _: int | None) -> str:
    return (
        f"Rows that do not say it: {counts.nameless}; records that would end:"
        f" {counts.ended}"
    )


_OF: Mapping[str, _Figures] = {
    "totals.wrong": _stated,
    "rows.wrong": _wrong,
    "rows.doubtful": _wrong,
    "rows.none": _read,
    "rows.few": _read,
    "rows.many": _read,
    "rows.nameless": _nameless,
    "members.drop": _lost,
    "members.ended": _lost,
}


def figures_of(reason: str, counts: Counts, stated: int | None) -> str:
    """Return the figures that led to a reason, without a full stop; "" for none."""
    figures = _OF.get(reason)
    return figures(counts, stated) if figures else ""
