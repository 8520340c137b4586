"""The pages, one function each. Pure.

Titles say what a page is for and nothing about anybody: they end up in histories.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub_community.page import codes
from hub_community.page.acts import Act
from hub_community.page.errors import VisitError
from hub_community.page.forms import REASONS, Filled
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


def code_entry(
    place: Place, masked: str, minutes: int, form: Filled | None = None
) -> str:
    """Return the page where a code is entered, with what was wrong with it."""
    words, form = place.words, form or Filled({})
    fields = [_signing_field(name, form, words) for name in _SIGNING]
    return page(
        place,
        words("code_title"),
        summary(words, form.faults),
        heading(words("code_title")),
        element("p", words("code_sent", address=masked, minutes=minutes)),
        post(
            f"{place.address}/enter",
            *fields,
            element("button", words("code_button"), class_="first"),
        ),
        post(f"{place.address}/code", element("button", words("code_again"))),
        faulty=bool(form.faults),
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
        _standing(view, words, acts),
        _cancelling(view, words),
        _message(view, words),
        _section(words, "what", view.wanted),
        _section(words, "who", view.person),
        _section(words, "asks", view.requester),
        _steps(place, acts),
        signed_in=visitor.csrf,
    )


def step(
    place: Place, visitor: Visitor, act: Act, form: Filled, nonce: str, view: View
) -> str:
    """Return the page with the form of one act."""
    words = place.words
    label = words.pick(act.label)
    fields = [_field(act, name, form, words) for name in act.fields]
    return page(
        place,
        words("title"),
        _warning(view, words),
        summary(words, form.faults),
        element("p", element("a", words("back"), href=place.address)),
        heading(label),
        post(
            f"{place.address}/act/{act.name}",
            *fields,
            element("p", words("signed", name=visitor.name), class_="hint"),
            element("button", label, class_="first"),
            csrf=visitor.csrf,
            nonce=nonce,
            state=view.state,
        ),
        signed_in=visitor.csrf,
        faulty=bool(form.faults),
    )


def nothing(place: Place, error: VisitError, *, back: bool = True) -> str:
    """Return the page of a visit that came to nothing."""
    words = place.words
    way = element("p", element("a", words("back"), href=place.address))
    return page(
        place,
        words(error.code),
        heading(words(error.code)),
        element("p", words(f"{error.code}.do")),
        way if back else None,
        element("p", error.code, class_="hint"),
        faulty=True,
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
        case "reason":
            answers = REASONS[act.reasons]
            return choice(name, words("f_reason"), answers, words, value, fault=fault)
        case "outcome":
            known = codes.OUTCOMES
            return choice(name, words("f_outcome"), known, words, value, fault=fault)
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


def _standing(view: View, words: Words, acts: Sequence[Act]) -> Html:
    """Return where the referral is, first of all, and the way down to what to do."""
    down = element("p", element("a", words("steps"), href="#steps")) if acts else None
    state = element("p", element("strong", view.status)) if view.status else None
    lines = _lines(words, view.standing)
    return box("state", words("state"), state, lines, _note(view, words), down)


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
        element(
            "li",
            element(
                "a",
                words.pick(each.label),
                href=f"{place.address}/act/{each.name}",
                class_="button first" if each.first else "button",
            ),
        )
        for each in acts
    ]
    return joined(
        element("h2", words("steps"), id="steps"), element("ul", *links, class_="steps")
    )


def masked(address: str) -> str:
    """Return an address of which people recognise their own, and strangers little."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
