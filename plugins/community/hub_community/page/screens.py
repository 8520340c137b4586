"""The pages, one function each. Pure.

Titles say what a page is for and nothing about anybody: they end up in histories.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub_community.page.acts import AFTER_AN_APPOINTMENT, Act
from hub_community.page.errors import NotSignedInError, VisitError
from hub_community.page.forms import Filled, answers
from hub_community.page.frame import (
    Place,
    area,
    box,
    choice,
    entry,
    heading,
    page,
    post,
    summary,
)
from hub_community.page.html import Html, element, joined
from hub_community.page.keeping import Kept
from hub_community.page.view import Line, View
from hub_community.page.wording import Words

#: The fields with which somebody signs in: the hint, and what browsers are told.
_SIGNING: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "code": (
        "code_hint",
        {"inputmode": "numeric", "autocomplete": "one-time-code", "class_": "short"},
    ),
    "name": ("name_hint", {"autocomplete": "name"}),
    "role": ("role_hint", {"autocomplete": "organization-title"}),
}


class Visitor(NamedTuple):
    """Who has signed in, and the token that forms of this visit carry."""

    name: str
    csrf: str


class Resumed(NamedTuple):
    """Why a form is given back: the `code` of what was wrong with it, "" for none.

    `changed` says that the referral stands elsewhere than when it was filled in.
    """

    code: str = ""
    changed: bool = False


def gate(place: Place, masked: str, *, left: bool = False) -> str:
    """Return the page that offers to send a code to a `masked` address."""
    words = place.words
    sending = element("button", words("gate_button"), class_="first")
    return page(
        place,
        words("gate"),
        element("p", words("left"), class_="box good", role="status") if left else None,
        heading(words("gate")),
        element("p", words("gate_why", address=masked)),
        post(f"{place.address}/code", sending),
        element("p", element("a", words("gate_have"), href=f"{place.address}/code")),
    )


def again(place: Place, masked: str, kept: Kept, error: VisitError) -> str:
    """Return the page for whoever sent a form when the visit was over.

    It carries what they typed. `error` is that, or why no code could be sent.
    """
    words = place.words
    tried = not isinstance(error, NotSignedInError)
    sending = element("button", words("gate_button"), class_="first")
    return page(
        place,
        words(error.code),
        heading(words(error.code)),
        element("p", words(f"{error.code}.do")) if tried else None,
        element("p", words("kept")),
        element("p", words("gate_why", address=masked)),
        post(f"{place.address}/code", sending, **kept.hidden()),
        element("p", error.code, class_="hint"),
        faulty=True,
        carries=True,
    )


def code_entry(
    place: Place,
    masked: str,
    minutes: int,
    form: Filled | None = None,
    kept: Kept | None = None,
) -> str:
    """Return the page where a code is entered, with what was wrong with it."""
    words, form = place.words, form or Filled({})
    fields = [_signing_field(name, form, words) for name in _SIGNING]
    hidden = kept.hidden() if kept else {}
    return page(
        place,
        words("code_title"),
        summary(words, form.faults),
        heading(words("code_title")),
        element("p", words("code_sent", address=masked, minutes=minutes)),
        element("p", words("kept_short")) if kept else None,
        post(
            f"{place.address}/enter",
            *fields,
            element("button", words("code_button"), class_="first"),
            **hidden,
        ),
        post(f"{place.address}/code", element("button", words("code_again")), **hidden),
        faulty=bool(form.faults),
        carries=bool(kept),
    )


def referral(
    place: Place, visitor: Visitor, view: View, acts: Sequence[Act], told: str = ""
) -> str:
    """Return the page of a referral; `told` is the key of what became of a form."""
    words = place.words
    number = view.number
    title = words("referral_number", number=number) if number else words("referral")
    good = element("p", words(told), class_="box good", role="status") if told else None
    return page(
        place,
        words("title"),
        _warning(view, words),
        good,
        heading(title),
        _standing(place, view, acts),
        _cancelling(view, words),
        _message(view, words),
        _section(words, "what", view.wanted),
        _section(words, "who", view.person),
        _section(words, "asks", view.requester),
        _steps(place, acts),
        signed_in=visitor.csrf,
    )


def step(
    place: Place,
    visitor: Visitor,
    act: Act,
    form: Filled,
    marks: Mapping[str, str],
    view: View,
    resumed: Resumed | None = None,
) -> str:
    """Return the page with the form of one act; `marks` are hidden fields of it."""
    words = place.words
    label = words.pick(act.label)
    fields = [_field(act, name, form, words) for name in act.fields]
    return page(
        place,
        words("title"),
        _warning(view, words),
        _resumed(resumed, view, words) if resumed else None,
        summary(words, form.faults),
        element("p", element("a", words("back"), href=place.address)),
        heading(label),
        post(
            f"{place.address}/act/{act.name}",
            *fields,
            element("p", words("signed", name=visitor.name), class_="hint"),
            element("button", label, class_="first"),
            csrf=visitor.csrf,
            state=view.state,
            **marks,
        ),
        signed_in=visitor.csrf,
        faulty=bool(form.faults),
        carries=resumed is not None,
    )


def nothing(
    place: Place, error: VisitError, *, back: bool = True, kept: Kept | None = None
) -> str:
    """Return the page of a visit that came to nothing, with what was typed for it."""
    words = place.words
    way = element("p", element("a", words("back"), href=place.address))
    return page(
        place,
        words(error.code),
        heading(words(error.code)),
        element("p", words(f"{error.code}.do")),
        _section(words, "typed", kept.typed()) if kept else None,
        way if back else None,
        element("p", error.code, class_="hint"),
        faulty=True,
        carries=kept is not None,
    )


def _resumed(resumed: Resumed, view: View, words: Words) -> Html:
    """Return what comes before a form that is given back to whoever typed it."""
    changed = words("resumed_changed", status=view.status) if resumed.changed else ""
    code = resumed.code
    return box(
        "warning",
        words("resumed_title"),
        element("p", words(f"{code}.kept") if code else words("resumed")),
        element("p", changed) if changed else None,
        _note(view, words) if changed else None,
        element("p", code, class_="hint") if code else None,
        role="alert",
    )


def _signing_field(name: str, form: Filled, words: Words) -> Html:
    label, (hint, told) = words(name), _SIGNING[name]
    return entry(
        name,
        _optional(words, label) if name == "role" else label,
        form.values.get(name, ""),
        hint=words(hint),
        fault=form.fault(name),
        **told,
    )


def _field(act: Act, name: str, form: Filled, words: Words) -> Html:
    value, fault = form.values.get(name, ""), form.fault(name)
    match name:
        case "reason" | "outcome":
            known, legend = answers(act, name), words(f"f_{name}")
            return choice(name, legend, known, words, value, fault=fault)
        case "date" | "time":
            return entry(
                name, words(f"f_{name}"), value, fault=fault, type=name, class_="short"
            )
        case "explain":
            label, hint = _optional(words, words("f_explain")), words("f_explain_hint")
            return area(name, label, value, hint=hint, fault=fault)
        case _:
            return area(name, words(f"f_{name}"), value, fault=fault)


def _optional(words: Words, label: str) -> str:
    return f"{label} {words('optional')}"


def _warning(view: View, words: Words) -> Html | None:
    """Return what comes before all else where contact is a danger."""
    ways = words("safe_ways", ways=view.safe_ways) if view.safe_ways else ""
    safe = element("p", ways) if ways else None
    if not view.prohibited:
        return element("p", ways, class_="box warning") if ways else None
    return box(
        "warning",
        words("prohibited_title"),
        element("p", words("prohibited")),
        safe,
        role="alert",
    )


def _standing(place: Place, view: View, acts: Sequence[Act]) -> Html:
    """Return where the referral is, first of all, and the way down to what to do."""
    words = place.words
    lead = words("all_steps") if view.fell else words("steps")
    down = element("p", element("a", lead, href="#steps")) if acts else None
    state = element("p", element("strong", view.status)) if view.status else None
    lines = _lines(words, view.standing)
    fell, note = _fell(place, view, acts), _note(view, words)
    return box("state", words("state"), state, fell, lines, note, down)


def _fell(place: Place, view: View, acts: Sequence[Act]) -> Html | None:
    """Return what is said of an appointment that fell through, and what leads on."""
    if not view.fell:
        return None
    words = place.words
    ways = [each for each in acts if each.name in AFTER_AN_APPOINTMENT]
    links = [element("li", _way(place, each)) for each in ways]
    return joined(
        element("p", view.fell),
        element("p", words("fell_next")) if links else None,
        element("ul", *links) if links else None,
    )


def _way(place: Place, act: Act, class_: str | None = None) -> Html:
    address = f"{place.address}/act/{act.name}"
    return element("a", place.words.pick(act.label), href=address, class_=class_)


def _note(view: View, words: Words) -> Html | None:
    if view.closed:
        return element("p", words("closed_note"))
    if view.state == "expired":
        return element("p", words("expired_note"))
    return None


def _cancelling(view: View, words: Words) -> Html | None:
    if not view.cancelling or view.closed:
        return None
    return box("warning", words("cancel_title"), element("p", words("cancel_why")))


def _message(view: View, words: Words) -> Html | None:
    return _section(words, "news", view.messages)


def _section(words: Words, title: str, lines: Sequence[Line]) -> Html | None:
    if not lines:
        return None
    return joined(element("h2", words(title)), _lines(words, lines))


def _lines(words: Words, lines: Sequence[Line]) -> Html:
    pairs = (
        joined(element("dt", words(label)), element("dd", value))
        for label, value in lines
    )
    return element("dl", *pairs) if lines else Html()


def _steps(place: Place, acts: Sequence[Act]) -> Html | None:
    if not acts:
        return None
    words = place.words
    links = [
        element("li", _way(place, each, "button first" if each.first else "button"))
        for each in acts
    ]
    return joined(
        element("h2", words("steps"), id="steps"), element("ul", *links, class_="steps")
    )


def masked(address: str) -> str:
    """Return an address of which people recognise their own, and strangers little."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
