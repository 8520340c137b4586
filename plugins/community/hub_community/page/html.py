"""HTML that cannot hold what was not meant as HTML. Pure.

Text becomes `Html` only by `element`, which escapes it; names of elements and
attributes are written in this package and nowhere else.
"""

from html import escape

#: Elements that have no end. Source: HTML, section 13.1.2.
_VOID = frozenset({"br", "hr", "input", "link", "meta"})


class Html(str):
    """A piece of a page that is right as it stands."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return a value as text of a page; what is `Html` already stays as it is."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def element(name: str, /, *children: object, **attributes: object) -> Html:
    """Return an element with `children` in it.

    An attribute that is True stands alone, and one that is False or None is left out.
    An underscore at the end of a name is dropped, any other one becomes a hyphen.
    """
    written = "".join(
        _attribute(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*parts: object) -> Html:
    """Return parts one after the other; None is nothing."""
    return Html("".join(text(each) for each in parts if each is not None))


def _attribute(name: str, value: object) -> str:
    if value is True:
        return f" {name}"
    return f' {name}="{escape(str(value))}"'
