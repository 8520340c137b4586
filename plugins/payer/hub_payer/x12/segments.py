"""Segments: what an X12 file is made of, and the characters that part them.

    segment = id {element-separator element} terminator
    element = component {component-separator component}
    repeated element = element {repetition-separator element}

Source: X12.6, application control structure; domain 6.2.
"""

from msgspec import Struct


class Delimiters(Struct, frozen=True, gc=False):
    """The four characters of an interchange, as its ISA has them.

    `repetition` is empty up to version 00401, whose ISA11 means something else.
    """

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"


#: What the hub writes with.
OURS = Delimiters()


def is_number(text: str, digits: int) -> bool:
    """Say whether `text` is a number of ASCII digits, so many at most."""
    return 0 < len(text) <= digits and text.isascii() and text.isdecimal()


class Segment(Struct, frozen=True, gc=False):
    """One segment: ``segment[3]`` is its third element, "" where it has none.

    `elements` starts with the id of the segment. `place` counts from 1, which is
    the ST of its transaction set; outside of one it is 0.
    """

    elements: list[str]
    place: int = 0
    delimiters: Delimiters = OURS

    @property
    def id(self) -> str:
        """What kind of segment this is, such as ``NM1``."""
        return self.elements[0]

    def __getitem__(self, number: int) -> str:
        return self.elements[number] if number < len(self.elements) else ""

    def __len__(self) -> int:
        return len(self.elements) - 1

    def repetitions(self, number: int) -> list[str]:
        """Return what stands in an element, once for each time; none if it is empty."""
        text = self[number]
        if not text:
            return []
        mark = self.delimiters.repetition
        return text.split(mark) if mark else [text]

    def components(self, number: int) -> list[str]:
        """Return the components of an element; none if it is empty."""
        text = self[number]
        return text.split(self.delimiters.component) if text else []

    def component(self, number: int, part: int) -> str:
        """Return a component, which counts from 1; "" where there is none."""
        parts = self.components(number)
        return parts[part - 1] if part <= len(parts) else ""

    def split(self, text: str) -> list[str]:
        """Return the components of one repetition of an element."""
        return text.split(self.delimiters.component)
