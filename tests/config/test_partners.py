"""Partners and the rules of referrals: what can be written, and what does not fit."""

from datetime import timedelta

import pytest

import hub_community
import hub_fhir
import hub_hl7
import hub_sftp
import hub_webhook
from hub.config import ConfigError, load, load_own
from hub.config.schema import json_schema
from hub.coordination.partners import HEARD, SERVICE_EVENTS, Partner
from hub.coordination.recipients import Recipient
from hub.registry import Registry
from hub.runtime.wiring import (
    contracts,
    implied,
    named,
    partners,
    recipients,
    referring,
    subscriptions,
)
from tests.acceptance.process import feed, folder, subscription, table, write_config

REGISTRY = Registry.from_modules(
    {
        "hl7": hub_hl7,
        "sftp": hub_sftp,
        "webhook": hub_webhook,
        "community": hub_community,
        "fhir": hub_fhir,
    }
)
CLINIC = {"sources": ["klinik-nord"], "destination": "out", "sides": ["requester"]}
BANK = {
    "name": "The Food Bank",
    "organizations": ["FBREG|FB-1", "directory:org-7"],
    "destination": "bank",
    "sides": ["performer"],
    "language": "de",
    "closes_on": "statement",
}


@pytest.fixture
def path(tmp_path):
    def path(*tables, **given):
        wanted = {"clinic": CLINIC, "food-bank": BANK} | given
        return write_config(
            tmp_path / "hub.toml",
            feed(),
            folder(tmp_path / "out"),
            folder(tmp_path / "bank", name="bank"),
            *(table(f"partners.{name}", **each) for name, each in wanted.items()),
            *tables,
        )

    return path


@pytest.fixture
def read(path):
    return lambda *tables, **given: load(path(*tables, **given), REGISTRY)


@pytest.fixture
def problems(read):
    def problems(*tables, **given):
        with pytest.raises(ConfigError) as caught:
            read(*tables, **given)
        return {
            each.path: f"{each.message} {each.suggestion}".rstrip()
            for each in caught.value.problems
        }

    return problems


def test_a_partner_is_read_as_it_is_written(read):
    found = partners(read()).by_name["food-bank"]

    assert found == Partner(
        name="food-bank",
        title="The Food Bank",
        organizations=frozenset({"FBREG|FB-1", "directory:org-7"}),
        sources=frozenset(),
        destination="bank",
        sides=frozenset({"performer"}),
        language="de",
        closes_on="statement",
    )


def test_a_partner_asks_for_its_referrals_by_being_one(read):
    [clinic, bank] = implied(read())

    assert (bank.name, bank.destination) == ("partner-food-bank", "bank")
    assert (bank.panel, bank.purpose) == ("referral:food-bank", "care_coordination")
    assert bank.events == HEARD - SERVICE_EVENTS
    assert clinic.cadence.immediate


def test_partners_come_before_what_else_is_asked_for(read):
    names = [each.name for each in subscriptions(read(subscription("out")))]

    assert names == ["partner-clinic", "partner-food-bank", "out"]


def test_a_partner_without_a_destination_is_sent_nothing(read):
    looks = {"sources": ["klinik-nord"], "sides": ["performer"]}
    config = read(clinic=CLINIC | {"sides": ["requester"]}, looks=looks)

    assert "partner-looks" not in {each.name for each in subscriptions(config)}
    assert "partner-looks" in {each.name for each in implied(config)}


def test_a_partner_on_a_worklist_is_fetched_from(read):
    config = read(
        table("destinations.list", kind="worklist"),
        listed=BANK | {"destination": "list", "organizations": []},
    )

    [listed] = [each for each in implied(config) if each.name == "partner-listed"]

    assert listed.cadence.pull


def test_who_acts_has_a_contract_for_the_minimum_unless_one_is_written(read):
    config = read()
    assert recipients(config) == {
        "out": Recipient("out", "provider", classes=frozenset({"clinic"})),
        "bank": Recipient("bank", "community", classes=frozenset({"food-bank"})),
    }
    written = read(table("recipients.bank", sector="payer", classes=["plans"]))

    assert recipients(written)["bank"].sector == "payer"
    assert recipients(written)["bank"].classes == {"plans", "food-bank"}


def test_one_of_several_at_a_destination_is_not_named_by_consents(read):
    config = read(
        kitchen={"destination": "bank", "sides": ["requester"], "name": "Kitchen"}
    )

    assert recipients(config)["bank"] == Recipient("bank", "community")
    assert "kitchen" not in named(config)


def test_another_partner_is_another_ground_for_decisions(read):
    assert contracts(read()) != contracts(
        read(clinic=CLINIC | {"events": ["referral.accepted"]})
    )


def test_feeds_speak_for_their_partners_on_their_sides(read):
    found = referring(read()).bindings

    assert found.feeds == {"klinik-nord": frozenset({"clinic"})}
    assert found.sides == {
        "clinic": frozenset({"requester"}),
        "food-bank": frozenset({"performer"}),
    }


def test_the_rules_of_referrals_are_those_of_stays_unless_written(read):
    stays = table("stays", calendar="DE-BY", time_zone="Europe/Berlin")
    rules = referring(read(stays)).rules
    assert (rules.calendar, rules.zone, rules.reopen_days) == (
        "DE-BY",
        "Europe/Berlin",
        30,
    )
    own = table(
        "referrals",
        calendar="US-IL",
        time_zone="America/Chicago",
        reopen_days=7,
        intensity={"high": 0.5},
        confirm="manual",
    )

    rules = referring(read(stays, own)).rules

    assert (rules.calendar, rules.zone) == ("US-IL", "America/Chicago")
    assert (rules.reopen_days, rules.intensity) == (7, {"high": 0.5})


@pytest.mark.parametrize(
    ("keys", "where", "message"),
    [
        ({"destination": "nowhere"}, "destination", "there is no destination nowhere"),
        ({"sources": ["klinik-sued"]}, "sources", "there is no source klinik-sued"),
        ({"sides": []}, "sides", "List should have at least 1 item"),
        ({"sides": ["both"]}, "sides.0", "must be 'requester' or 'performer'"),
        ({"purpose": "marketing"}, "purpose", "marketing is no purpose"),
        ({"events": ["encounter.*"]}, "events.0", "there is no event type encounter.*"),
        ({"events": ["referral.conflict"]}, "events.0", "there is no event type"),
        ({"organizations": ["FB-1"]}, "organizations.0", "must be like"),
        ({"closes_on": "never"}, "closes_on", "must be 'accepted' or 'statement'"),
        ({"language": "German"}, "language", "String should match"),
        ({"destination": "", "sources": []}, "", "it needs a `destination`"),
        ({"colour": "red"}, "colour", "there is no such setting"),
    ],
)
def test_what_is_wrong_with_a_partner_is_told(problems, keys, where, message):
    found = problems(clinic=CLINIC | keys)

    assert message in found[f"partners.clinic.{where}".rstrip(".")]


def answers(tmp_path, party):
    """Return a source of spreadsheets in which one partner answers."""
    (tmp_path / "answers").mkdir()
    return table(
        "sources.answers",
        kind="folder-poller",
        folder=tmp_path / "answers",
        normaliser="referral-status-csv",
        complete="rename",
        profile={"party": party},
    )


def page(monkeypatch, party):
    """Return the referral page of one partner."""
    monkeypatch.setenv("LINKS", "synthetic" * 4)
    parties = {party: {"name": "The Food Bank", "email": "office@bank.example"}}
    smtp = {"host": "127.0.0.1", "sender": "hub@hub.example", "security": "none"}
    return table(
        "sources.page",
        kind="referral-page",
        port=8099,
        public_url="http://127.0.0.1:8099",
        secret="env:LINKS",
        parties=parties,
        smtp=smtp,
    )


def test_who_answers_must_be_a_partner(problems, tmp_path):
    found = problems(answers(tmp_path, "food-bnak"))

    assert found == {
        "sources.answers.profile.party": "there is no partner food-bnak food-bank"
    }


def test_who_works_on_the_page_must_be_a_partner(problems, monkeypatch):
    found = problems(page(monkeypatch, "food-bnak"))

    assert found == {
        "sources.page.parties.food-bnak": "there is no partner food-bnak food-bank"
    }


@pytest.mark.parametrize("party", ["food-bank", ""])
def test_a_partner_or_nobody_may_be_named(read, tmp_path, party):
    config = read(answers(tmp_path, party))

    assert config.sources["answers"].profile.party == party


def test_partners_are_not_missed_in_a_file_that_cannot_be_read(path, tmp_path):
    """The table may be there."""
    whole = path(answers(tmp_path, "food-bnak"))
    (tmp_path / "conf.d").mkdir()
    whole.rename(tmp_path / "conf.d" / "hub.toml")
    (tmp_path / "conf.d" / "partners.toml").write_text("[partners.food-bnak")

    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "conf.d", REGISTRY)

    assert [each.path for each in caught.value.problems] == [""]


@pytest.mark.parametrize(
    ("keys", "where", "message"),
    [
        ({"calendar": "XX"}, "calendar", ""),
        ({"time_zone": "Europe/Berlim"}, "time_zone", "there is no time zone"),
        ({"reopen_days": -1}, "reopen_days", "greater than or equal to 0"),
        ({"intensity": {"high": 0}}, "intensity.high", "greater than 0"),
        ({"confirm": "nobody"}, "confirm", "must be 'first_accepted' or 'manual'"),
    ],
)
def test_what_is_wrong_with_the_rules_is_told(problems, keys, where, message):
    assert message in problems(table("referrals", **keys))[f"referrals.{where}"]


def test_no_two_partners_share_an_id_on_a_side(problems):
    found = problems(kitchen=BANK | {"organizations": ["FBREG|FB-1"]})

    assert found["partners.kitchen.organizations"] == (
        "FBREG|FB-1 is food-bank already, as performer"
    )


def test_no_two_partners_share_a_source_that_does_not_say_who_speaks(problems):
    found = problems(other=CLINIC)

    assert found["partners.other.sources"] == (
        "klinik-nord speaks for clinic already, as requester"
    )


def test_a_source_may_speak_for_one_on_each_side(read):
    config = read(acts=CLINIC | {"sides": ["performer"]})

    assert partners(config).speaking("klinik-nord") == {"clinic", "acts"}


def test_a_subscription_cannot_have_the_name_of_a_partners(problems):
    found = problems(subscription("out", "partner-clinic"))

    assert "give that another name" in found["partners.clinic"]


def test_the_hubs_own_feed_is_nobodys_source(problems):
    found = problems(feed("carehub-referrals"))

    assert "the hub's own feed" in found["sources.carehub-referrals"]


def test_the_rules_are_read_without_plugins(path):
    own = load_own(path(table("referrals", reopen_days=3)))

    assert timedelta(days=own.referrals.reopen_days) == timedelta(days=3)


def test_an_export_has_them(read):
    told = read().export()

    assert told["partners"]["food-bank"]["organizations"] == BANK["organizations"]
    assert told["referrals"]["confirm"] == "first_accepted"


def test_editors_know_them():
    properties = json_schema(REGISTRY)["properties"]

    assert {"partners", "referrals"} <= properties.keys()
