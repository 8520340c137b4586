"""What every page has around it, and the parts that forms are made of. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub_community.page.forms import LONGEST_NAME, LONGEST_TEXT, Fault
from hub_community.page.html import Html, element, joined
from hub_community.page.style import SHEET
from hub_community.page.wording import LANGUAGES, Pair, Words

_STYLE = element("style", Html(SHEET))


class Place(NamedTuple):
    """Where a page is: the address of its link, its language, and its own address."""

    address: str
    words: Words
    here: str = ""


def page(
    place: Place,
    title: str,
    *body: object,
    signed_in: str = "",
    faulty: bool = False,
    carries: bool = False,
) -> str:
    """Return a whole page, whose `title` says nothing about anybody.

    `signed_in` is the CSRF token of a visitor, who then can sign out. A page that
    `carries` what somebody typed has no link to the other language: it would be lost.
    """
    words = place.words
    mark = words("error_title") if faulty else ""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{mark}{title} \N{EN DASH} Carehub"),
        _STYLE,
    )
    inside = element(
        "body",
        element("a", words("skip"), class_="skip", href="#main"),
        element(
            "header",
            element("strong", words("brand")),
            None if carries else _languages(place),
        ),
        element("main", *body, id="main", tabindex="-1"),
        _footer(place, signed_in),
    )
    whole = element("html", head, inside, lang=words.language)
    return f"<!doctype html>\n{whole}\n"


def _languages(place: Place) -> Html:
    words = place.words
    (other,) = (each for each in LANGUAGES if each != words.language)
    link = element(
        "a",
        words("other_language"),
        href=f"{place.here or place.address}?lang={other}",
        lang=other,
        hreflang=other,
    )
    return element("nav", link, aria_label=words("language"))


def _footer(place: Place, signed_in: str) -> Html:
    words = place.words
    if not signed_in:
        return element("footer", element("p", "Carehub"))
    form = post(
        f"{place.address}/leave", element("button", words("leave")), csrf=signed_in
    )
    return element("footer", element("p", words("shared_device")), form)


def post(address: str, *inside: object, **hidden: str) -> Html:
    """Return a form that is posted, with hidden fields.

    What is wrong is said by us, in the visitor's language, not by the browser.
    """
    fields = [
        element("input", type="hidden", name=name, value=value)
        for name, value in hidden.items()
    ]
    return element(
        "form",
        *fields,
        *inside,
        method="post",
        action=address,
        novalidate=True,
        accept_charset="utf-8",
    )


def heading(text: str) -> Html:
    """Return the heading of a page."""
    return element("h1", text)


def box(kind: str, title: str, *inside: object, role: str | None = None) -> Html:
    """Return a box that stands out."""
    return element(
        "section", element("h2", title), *inside, class_=f"box {kind}", role=role
    )


def summary(words: Words, faults: Sequence[Fault]) -> Html | None:
    """Return the list of faults, each with a link to its field; None for none."""
    if not faults:
        return None
    links = [
        element("li", element("a", each.text, href=f"#{each.field}")) for each in faults
    ]
    return element(
        "div",
        element("h2", words("problem"), id="problem"),
        element("ul", *links),
        class_="summary",
        role="alert",
        aria_labelledby="problem",
        tabindex="-1",
    )


def entry(
    name: str,
    label: str,
    value: str = "",
    *,
    hint: str = "",
    fault: str = "",
    **attributes: object,
) -> Html:
    """Return a field of one line with its label, its hint and what is wrong with it."""
    field = element(
        "input",
        **_described(name, hint, fault),
        value=value,
        maxlength=LONGEST_NAME,
        **{"type": "text", **attributes},
    )
    return element("div", _label(name, label, hint, fault), field, class_="field")


def area(
    name: str, label: str, value: str = "", *, hint: str = "", fault: str = ""
) -> Html:
    """Return a field of several lines."""
    described = _described(name, hint, fault)
    field = element(
        "textarea", value, **described, rows="4", maxlength=2 * LONGEST_TEXT
    )
    return element("div", _label(name, label, hint, fault), field, class_="field")


def choice(
    name: str,
    legend: str,
    answers: Mapping[str, Pair],
    words: Words,
    chosen: str = "",
    *,
    fault: str = "",
) -> Html:
    """Return a group of answers, of which one can be chosen.

    The first one has the group's own name as its id, so that a link leads there.
    """
    lines = []
    for place, (code, pair) in enumerate(answers.items()):
        own = name if place == 0 else f"{name}-{place}"
        button = element(
            "input", type="radio", name=name, id=own, value=code, checked=code == chosen
        )
        label = element("label", words.pick(pair), for_=own)
        lines.append(element("p", button, label, class_="choice"))
    wrong = (
        element("span", fault, class_="wrong", id=f"{name}-wrong") if fault else None
    )
    return element(
        "fieldset",
        element("legend", legend),
        wrong,
        *lines,
        aria_describedby=f"{name}-wrong" if fault else None,
    )


def _label(name: str, label: str, hint: str, fault: str) -> Html:
    return joined(
        element("label", label, for_=name),
        element("span", hint, class_="hint", id=f"{name}-hint") if hint else None,
        element("span", fault, class_="wrong", id=f"{name}-wrong") if fault else None,
    )


def _described(name: str, hint: str, fault: str) -> dict[str, object]:
    by = [f"{name}-{kind}" for kind, said in (("hint", hint), ("wrong", fault)) if said]
    return {
        "id": name,
        "name": name,
        "aria_describedby": " ".join(by) or None,
        "aria_invalid": "true" if fault else None,
    }
