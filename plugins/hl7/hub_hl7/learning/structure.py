"""What the standard says about a message: names, structure, validation, building.

The only module that knows hl7apy. It is slow (some 30 ms for a message) and reads
less than `hub_hl7.wire.er7` does, which stays the authority for content: nothing here
runs where messages are received (R-HL7-19). Source: hl7apy's tables of 2.1 to 2.8.2.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Any, Literal

import hl7apy
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message as Hl7apyMessage
from hl7apy.exceptions import ChildNotFound, HL7apyException
from hl7apy.factories import datatype_factory
from hl7apy.parser import parse_message

from hub.sdk import HubError, Remark
from hub_hl7.facts.errors import NotHl7Error
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.learning.tidy import Tidy, tidy
from hub_hl7.learning.wording import BEYOND, title
from hub_hl7.wire import charset
from hub_hl7.wire.er7 import DELETE, Message
from hub_hl7.wire.header import read_header

DEFAULT_VERSION = "2.5.1"
#: Stands between the name of a field and that of a part of it.
INSIDE = " › "  # noqa: RUF001  meant to be no greater-than sign
#: A report longer than this helps nobody.
MOST_REMARKS = 200
#: Reading takes some 3 ms a segment.
MOST_SEGMENTS = 1_000

_PATH = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})-(?P<field>\d{1,4})(?:\(\d+\))?"
    r"(?:\.(?P<component>\d{1,4}))?(?:\.(?P<subcomponent>\d{1,4}))?"
)
#: The types whose form hl7apy can judge.
_FORMAL = frozenset({"DT", "DTM", "NM", "SI", "TM"})
_FIRST_WITH_STRUCTURE = "2.3.1"

Severity = Literal["error", "warning"]
_CAPITALS = frozenset({"ID", "VIP", "SSN", "DRG", "HL7", "MPI", "ETA", "UPIN", "DEA"})


def describe(path: str, version: str = DEFAULT_VERSION) -> str:
    """Return a path and the names of what stands there, from the field inwards.

    ``PID-3.1`` has the names Patient Identifier List and ID Number. A place that
    `version` does not have is named by the newest version that does; the path alone
    is the answer where no table knows its field.
    """
    names = _names(path, supported(version))
    return f"{path} {INSIDE.join(names)}" if names else path


def supported(version: str) -> str:
    """Return the version of hl7apy's tables that is nearest to `version` (R-HL7-09).

    That is the newest one that is not newer; for what is no version, the default.
    """
    match = re.match(r"\s*(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", version, re.ASCII)
    if match is None:
        return DEFAULT_VERSION
    asked = tuple(int(part or 0) for part in match.groups())
    known = _versions()
    older = [numbers for numbers in known if numbers <= asked]
    return known[max(older) if older else min(known)]


@cache
def _versions() -> dict[tuple[int, ...], str]:
    return {
        (*map(int, name.split(".")), 0)[:3]: name for name in hl7apy.SUPPORTED_LIBRARIES
    }


@lru_cache(maxsize=4096)
def _names(path: str, version: str) -> tuple[str, ...]:
    match = _PATH.fullmatch(path)
    if match is None:
        return ()
    field = f"{match['segment']}-{int(match['field'])}"
    versions = [version, *(name for _, name in sorted(_versions().items())[::-1])]
    found = (_field(field, each) for each in versions)
    reference = next((each for each in found if each is not None), None)
    if reference is None:
        return (BEYOND[field],) if field in BEYOND else ()
    names = [title(reference[3], match["segment"])]
    for number in (match["component"], match["subcomponent"]):
        reference = _part(reference, number)
        if reference is None:
            break
        names.append(title(reference[3], match["segment"]))
    return tuple(names)


def _field(field: str, version: str) -> Any:
    """Return hl7apy's reference of a field, None where `version` has none."""
    try:
        return hl7apy.load_reference(field.replace("-", "_"), "Field", version)
    except ChildNotFound:
        return None


def _part(reference: Any, number: str | None) -> Any:
    """Return the reference of a component, None where there is none by that number."""
    if number is None or reference[0] != "sequence":
        return None
    ending = f"_{int(number)}"
    return next((part[1] for part in reference[1] if part[0].endswith(ending)), None)


def validate(body: bytes, profile: Hl7Profile) -> tuple[Remark, ...]:
    """Return in what the message differs from the version that it says it is of.

    Takes some 50 ms for an ADT message and grows with its length; meant for a
    process of its own. Never raises for content, and never repeats any: a remark
    names places and tables of the standard. Remarks of one kind on the same place
    are counted, not repeated.
    """
    counts: Counter[Remark] = Counter()
    try:
        counts.update(islice(_remarks(body, profile), 100 * MOST_REMARKS))
    except Exception as error:  # noqa: BLE001 - hl7apy raises anything
        counts[_warning("", f"The check ended early: {type(error).__name__}")] += 1
    remarks = [_counted(remark, count) for remark, count in counts.items()]
    if len(remarks) > MOST_REMARKS:
        rest = len(remarks) - MOST_REMARKS
        remarks[MOST_REMARKS:] = [_warning("", f"And {rest} remarks more")]
    return tuple(remarks)


def _counted(remark: Remark, count: int) -> Remark:
    if count == 1:
        return remark
    text = f"{remark.text} ({count} times)"
    return Remark(severity=remark.severity, place=remark.place, text=text)


def _remarks(body: bytes, profile: Hl7Profile) -> Iterator[Remark]:
    try:
        message = _read(body, profile)
    except HubError as error:
        yield _error("", error.summary)
        return
    if message.header.name != "MSH":
        yield _warning("", "A batch is not checked, its messages are")
        return
    if len(message.segments) > MOST_SEGMENTS:
        yield _warning("", f"Not checked: there are more than {MOST_SEGMENTS} segments")
        return
    sent = message.header.value(12) or ""
    version = supported(sent)
    library = hl7apy.load_library(version)
    copy = tidy(
        message, version, segments=library.SEGMENTS, structures=library.MESSAGES
    )
    yield from _of_header(message, copy, sent)
    for place in copy.unknown:
        text = f"Segment {place} is none that version {version} knows"
        yield _warning("", text)
    yield from _of_content(copy)
    if copy.structure:
        yield from _of_structure(copy)


def _read(body: bytes, profile: Hl7Profile) -> Message:
    """Return the message. Raises the errors of `er7` and `charset`."""
    header = read_header(body)
    if header is None:
        raise NotHl7Error
    decoded = charset.decode_message(
        body, header, default=profile.charset_default, policy=profile.charset_policy
    )
    return Message(decoded.text, codec=decoded.codec)


def _of_header(message: Message, copy: Tidy, sent: str) -> Iterator[Remark]:
    if sent.strip() != copy.version:
        text = f"No version that is known; read as {copy.version}"
        yield _warning("MSH-12", text)
    structure = (message.header.value(9, 3) or "").strip().upper()
    if not copy.structure:
        yield _warning("MSH-9", "The structure of this message is not known")
    elif structure and structure != copy.structure:
        text = f"Another structure than the trigger calls for: {copy.structure}"
        yield _warning("MSH-9.3", text)
    elif not structure and copy.version >= _FIRST_WITH_STRUCTURE:
        yield _warning("MSH-9.3", f"Missing; taken to be {copy.structure}")


def _of_content(copy: Tidy) -> Iterator[Remark]:
    """Check each segment by itself, in whatever order they stand."""
    flat = _parsed(copy, find_groups=False)
    if isinstance(flat, Remark):
        yield flat
        return
    read = tuple(segment.name for segment in flat.children)
    if read != copy.names:
        text = f"Only {len(read)} of {len(copy.names)} segments could be checked"
        yield _warning("", text)
    for segment in flat.children:
        reference = hl7apy.load_reference(segment.name, "Segment", copy.version)
        yield from _of_element(segment, reference, segment.name, copy.version)


def _of_structure(copy: Tidy) -> Iterator[Remark]:
    """Check which segments there are, and where hl7apy finds a place for them."""
    grouped = _parsed(copy, find_groups=True)
    if isinstance(grouped, Remark):
        yield grouped
        return
    reference = hl7apy.load_reference(copy.structure, "Message", copy.version)
    yield from _of_group(grouped, reference, copy.structure)
    lost = Counter(copy.names) - Counter(_segments_of(grouped))
    for name, count in lost.items():
        remark = _warning(name, f"Has no place in {copy.structure}")
        yield from [remark] * count


def _parsed(copy: Tidy, *, find_groups: bool) -> Any:
    """Return hl7apy's message, or a remark on why there is none.

    What hl7apy raises may quote the message: only the name of the error is kept.
    """
    try:
        return parse_message(
            copy.text, VALIDATION_LEVEL.TOLERANT, find_groups=find_groups
        )
    except Exception as error:  # noqa: BLE001 - hl7apy raises anything
        return _warning("", f"hl7apy cannot read it: {type(error).__name__}")


def _segments_of(element: Any) -> Iterator[str]:
    for child in element.children:
        if child.classname == "Segment":
            yield child.name
        else:
            yield from _segments_of(child)


def _of_group(group: Any, reference: Any, structure: str) -> Iterator[Remark]:
    found = Counter(child.name for child in group.children)
    for name, inner, (least, most), kind in reference[1]:
        count = found[name]
        what = name.removeprefix(f"{structure}_")
        if count < least and reference[0] != "choice":
            yield _error(what, f"Required in {structure}, and missing")
        elif -1 < most < count:
            yield _error(what, f"More often in {structure} than the standard allows")
        if kind == "GRP":
            for child in group.children.get(name):
                yield from _of_group(child, inner, structure)


def _of_element(
    element: Any, reference: Any, place: str, version: str
) -> Iterator[Remark]:
    """Check a segment, a field or a part of one against its reference."""
    sent = element.to_er7()
    if not sent or sent == DELETE or _left_alone(place, version):
        return
    if reference[0] == "leaf":
        yield from _of_leaf(sent, reference, place, version)
        return
    found: dict[str | None, list[Any]] = {}
    for child in element.children:
        found.setdefault(child.name, []).append(child)
    for name, inner, (least, most), _kind in reference[1]:
        inside = _inside(place, name)
        children = found.pop(name, [])
        if len(children) < least and not _expected_nowhere(inside, inner[3]):
            yield _error(
                inside, f"{title(inner[3], place[:3])} is required, and missing"
            )
        elif -1 < most < len(children):
            text = f"{title(inner[3], place[:3])} stands here more often than allowed"
            yield _error(inside, text)
        for child in children:
            yield from _of_element(child, inner, inside, version)
    if found:
        yield _error(place, f"Has more parts than version {version} defines")


def _inside(place: str, name: str) -> str:
    """Return the place of the part that hl7apy calls ``PID_3`` or ``CX_1``."""
    return f"{place}{'.' if '-' in place else '-'}{name.rpartition('_')[2]}"


def _left_alone(place: str, version: str) -> bool:
    """Say whether the tidied copy is not what was sent, or must not be cut."""
    if place in {"MSH-1", "MSH-2", "MSH-12"}:
        return True
    return place == "MSH-9" and version < _FIRST_WITH_STRUCTURE


def _expected_nowhere(place: str, name: str) -> bool:
    """Say whether nobody sends this, or it has a remark of its own."""
    return name == "DEGREE_OF_PRECISION" or place == "MSH-9.3"


def _of_leaf(sent: str, reference: Any, place: str, version: str) -> Iterator[Remark]:
    _, _, datatype, name, table, longest = reference
    what = title(name, place[:3])
    if table and sent not in _table(table, version):
        yield _warning(place, f"{what} is none of the codes of table {table[3:]}")
    if -1 < longest < len(sent):
        yield _warning(place, f"{what} is longer than {longest} characters")
    if datatype in _FORMAL:
        try:
            datatype_factory(datatype, sent, version, VALIDATION_LEVEL.STRICT)
        except (HL7apyException, ValueError) as error:
            kind = type(error).__name__
            yield _warning(place, f"{what} is no correct {datatype}: {kind}")


class _AnyCode:
    """The codes of a table that hl7apy does not list."""

    def __contains__(self, code: object) -> bool:
        return True


@cache
def _table(name: str, version: str) -> Any:
    """Return the codes of a table; where hl7apy has none, every code is one."""
    try:
        return frozenset(hl7apy.load_reference(name, "Table", version)[1]) or _AnyCode()
    except ChildNotFound:
        return _AnyCode()


def new_message(
    structure: str, moment: datetime, version: str = DEFAULT_VERSION
) -> Hl7apyMessage:
    """Return an empty message of a structure (``ADT_A01``), to be filled in.

    For scripts and tests: hl7apy checks names and repetitions as they are set, and
    takes some 5 ms. Values must be escaped by the caller. MSH-7 is `moment`, which
    is aware. Raises ValueError for a structure or version that has no tables.
    """
    if moment.tzinfo is None:
        raise ValueError("MSH-7 needs an aware time")
    if version not in hl7apy.SUPPORTED_LIBRARIES:
        raise ValueError(f"there are no tables of version {version}")
    try:
        message = Hl7apyMessage(
            structure, version=version, validation_level=VALIDATION_LEVEL.STRICT
        )
    except HL7apyException:
        raise ValueError(f"version {version} has no structure {structure}") from None
    message.msh.msh_7 = moment.strftime("%Y%m%d%H%M%S%z")
    return message


def _error(place: str, text: str) -> Remark:
    return Remark(severity="error", place=place, text=text)


def _warning(place: str, text: str) -> Remark:
    return Remark(severity="warning", place=place, text=text)
