"""Invitations are held against the page that they lead to. All of it is made up."""

import pytest

from hub_community.mail.agreeing import disagreements
from hub_community.mail.invitation import InvitationOptions
from hub_community.page.settings import PageSettings

SECRET = "a made-up secret that is long enough"
OTHER = "another made-up secret that is long"
EMAIL = "office@food-bank.example.org"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("PAGE_SECRET", SECRET)
    monkeypatch.setenv("OTHER_SECRET", OTHER)


def invitation(**changes):
    given = {
        "page": "https://referrals.example.org",
        "secret": "env:PAGE_SECRET",
        "party": "food-bank",
        "email": EMAIL,
    }
    return InvitationOptions.model_validate(given | changes)


def page(**changes):
    given = {
        "kind": "referral-page",
        "port": 0,
        "public_url": "https://referrals.example.org/",
        "secret": "env:PAGE_SECRET",
        "smtp": {"host": "mail.example.org", "sender": "hub@example.org"},
        "parties": {"food-bank": {"email": EMAIL}},
    }
    return PageSettings.model_validate(given | changes)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({}, {}),
        ({"page": "https://Referrals.example.org:443"}, {}),
        ({"email": "Office@food-bank.example.org"}, {}),
        ({}, {"secret": "env:OTHER_SECRET", "secret_previous": "env:PAGE_SECRET"}),
    ],
    ids=["same", "url-otherwise", "case-of-email", "previous-secret"],
)
def test_a_link_that_can_be_opened_is_not_remarked(options, settings):
    assert disagreements(invitation(**options), {"page": page(**settings)}) == []


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"page": "https://elsewhere.example.org"}, "page", "(office)"),
        ({"page": "https://referrals.example.org/sub"}, "page", "write the same"),
        ({"party": "food-bnk"}, "party", "has no party food-bnk; it has food-bank"),
        ({"email": "info@food-bank.example.org"}, "email", "write the same in both"),
        ({"secret": "env:OTHER_SECRET"}, "secret", "is not that of sources.office"),
    ],
)
def test_a_link_that_cannot_be_opened_is_remarked(changes, place, says):
    [found] = disagreements(invitation(**changes), {"office": page()})

    assert (found.severity, found.place) == ("error", place)
    assert says in found.text
    assert SECRET not in found.text
    assert OTHER not in found.text


def test_a_link_without_any_page_is_remarked():
    [found] = disagreements(invitation(), {})

    assert found.place == "page"
    assert "add one" in found.text


def test_of_several_pages_at_an_address_one_that_fits_is_enough():
    strange = page(parties={"other": {"email": EMAIL}})

    assert disagreements(invitation(), {"one": strange, "two": page()}) == []
