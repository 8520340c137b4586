"""Two other parsers, asked what they read where. Leaves are text as it was sent.

A place is (field, repetition, component, subcomponent), each counted from 1. Leaves
that are empty are left out: none of the three tells them from ones never sent.
"""

from collections import Counter

import hl7
import hl7apy
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

HEADERS = ("MSH", "FHS", "BHS")
#: Where hl7apy keeps what its tables have no place for.
NOWHERE = None


def ours(segment, syntax):
    """Return what `hub_hl7.wire.er7` reads in a segment: leaf and place."""
    found = {}
    for number in _fields(segment, syntax):
        for repetition, field in enumerate(segment.repetitions(number), 1):
            components = field.raw.split(syntax.component)
            for component, raw in enumerate(components, 1):
                parts = raw.split(syntax.subcomponent) if syntax.subcomponent else [raw]
                for part, leaf in enumerate(parts, 1):
                    found[number, repetition, component, part] = leaf
    return _filled(found)


def _fields(segment, syntax):
    first = 3 if segment.name in HEADERS else 1  # 1 and 2 are the delimiters
    return range(first, len(segment.raw.split(syntax.field)) + 1)


def _filled(found):
    return {place: leaf for place, leaf in found.items() if leaf}


def python_hl7(text):
    """Return for each segment its leaves as python-hl7 reads them."""
    return [_python_hl7(segment) for segment in hl7.parse(text)]


def _python_hl7(segment):
    name = str(segment[0])
    found = {}
    for number, field in enumerate(segment[1:], 1):
        if name in HEADERS and number <= 2:
            continue
        for repetition, components in enumerate(_list(field), 1):
            for component, parts in enumerate(_list(components), 1):
                for part, leaf in enumerate(_list(parts), 1):
                    found[number, repetition, component, part] = leaf
    return _filled(found)


def _list(element):
    return [element] if isinstance(element, str) else list(element)


def read_by_hl7apy(tidied):
    """Return for each segment its leaves, and those that have a place NOWHERE."""
    message = parse_message(tidied.text, VALIDATION_LEVEL.TOLERANT, find_groups=False)
    return [_hl7apy(segment) for segment in message.children]


def _hl7apy(segment):
    found, lost, seen = {}, [], Counter()
    for field in segment.children:
        number = _number(field, segment.name)
        seen[number] += 1
        if number is NOWHERE:
            lost.append(field.to_er7())
        elif segment.name != "MSH" or number > 2:
            for place, leaf in _in_field(field, (number, seen[number])):
                if NOWHERE in place:
                    lost.append(leaf)
                else:
                    found[place] = leaf
    return _filled(found), [each for each in lost if each]


def _in_field(field, place):
    for component_place, component in _numbered(field):
        if component.classname == "SubComponent":
            yield (*place, component_place, 1), component.to_er7()
            continue
        for part_place, part in _numbered(component):
            yield (*place, component_place, part_place), part.to_er7()


def _numbered(element):
    """Yield the parts of an element with their numbers: by name, or else in order."""
    plain = element.datatype is None or not _is_structured(element)
    for order, part in enumerate(element.children, 1):
        yield order if plain else _number(part, element.datatype), part


def _is_structured(element):
    library = hl7apy.load_library(element.version)
    return element.datatype in library.DATATYPES_STRUCTS


def _number(element, owner):
    name = element.name or ""
    head, _, number = name.rpartition("_")
    return int(number) if head == owner and number.isdigit() else NOWHERE
