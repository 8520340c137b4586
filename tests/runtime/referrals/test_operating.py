"""Referrals by the API of a hub that runs. Everybody in it is made up."""

import json

import pytest
from structlog.testing import capture_logs

from hub.admin.masking import HIDDEN
from hub.coordination.referral_errors import NotATakenStatementError
from hub.model.message import MessageState, Processed
from hub.runtime.referrals.operating import _refuse_parked
from tests.acceptance.process import folder, table
from tests.runtime.referrals.loop_world import CANARY, NUMBER, World, consent, request
from tests.tokens import bearer

WHO = {"system": "KLINIK_NORD", "value": NUMBER}
WANTED = {"person": WHO, "category": "food-insecurity", "performers": ["food-bank"]}
KITCHEN = {"destination": "kitchen", "sides": ["performer"], "name": "The Kitchen"}


@pytest.fixture
async def site(tmp_path):
    kitchen = folder(tmp_path / "kitchen", name="kitchen")
    manual = table("referrals", confirm="manual")
    async with World(tmp_path, kitchen, manual, kitchen=KITCHEN).running() as site:
        # A request of before makes the person known.
        await site.take("care", consent("food-bank", "kitchen"))
        await site.take("klinik-nord", request("R-1", to="FB-9"))
        yield site


@pytest.fixture
async def api(site):
    async with site.api() as api:
        yield api


async def sent(api, site, **more):
    status, found = await api.ask("POST", "referrals", json=WANTED | more)
    assert status == 201, found
    await site.idle()
    return found["key"]


async def said(api, site, key, **words):
    status, found = await api.ask("POST", f"referrals/{key}/statements", json=words)
    await site.idle()
    return status, found


async def test_a_referral_that_is_sent_reaches_who_shall_act(api, site):
    key = await sent(
        api,
        site,
        priority="urgent",
        language="es",
        accessibility=["wheelchair"],
        safety={"contact_prohibited": True},
        reason={"text": CANARY},
        note="Ask for the ward",
    )

    found = await api.get(f"referrals/{key}")
    assert (found["state"], found["performer"]) == ("received", "food-bank")
    assert found["number"]["system"] == "urn:carehub:referral"
    assert [each["type"] for each in found["told"]] == ["referral.requested"]
    [told] = site.world.told("food-bank")
    payload = json.loads(told)["data"]["payload"]
    assert CANARY not in told.decode()
    assert payload["note"] == "Ask for the ward"
    assert payload["safety"] == {"contact_prohibited": True}
    assert (payload["language"], payload["accessibility"]) == ("es", ["wheelchair"])


async def test_who_shall_act_is_named_by_the_numbers_of_its_organisations(api, site):
    key = await sent(api, site)

    performer = (await api.get(f"referrals/{key}"))["details"]["performer"]
    numbers = performer["org"]["identifiers"]
    assert numbers == [{"system": "FBREG", "value": "FB-1"}]
    [told] = site.world.told("food-bank")
    assert json.loads(told)["data"]["payload"]["performer"]["org"] == performer["org"]


async def test_a_person_can_be_named_by_the_hubs_key(api, site):
    [person] = (await api.get("persons"))["items"]

    key = await sent(api, site, person={"key": person["key"]})

    assert (await api.get(f"referrals/{key}"))["person"] == person["key"]


async def test_what_is_sent_again_under_its_key_is_sent_once(api, site):
    again = {"Idempotency-Key": "discharge-4711"}
    status, first = await api.ask("POST", "referrals", headers=again, json=WANTED)
    assert status == 201
    await site.idle()

    status, second = await api.ask("POST", "referrals", headers=again, json=WANTED)

    assert (status, second["key"]) == (200, first["key"])
    other = WANTED | {"priority": "urgent"}
    status, refused = await api.ask("POST", "referrals", headers=again, json=other)
    assert (status, refused["error"]["code"]) == (409, "SEND-005")
    assert (
        len((await api.get("referrals", params={"party": "food-bank"}))["items"]) == 1
    )


async def test_several_who_are_asked_get_a_part_each(api, site):
    key = await sent(api, site, performers=["food-bank", "kitchen"])

    whole = await api.get(f"referrals/{key}")
    assert (whole["state"], len(whole["children"])) == ("draft", 2)
    parts = [await api.get(f"referrals/{each}") for each in whole["children"]]
    assert {each["performer"] for each in parts} == {"food-bank", "kitchen"}
    assert {each["parent"] for each in parts} == {key}
    assert len({each["number"]["value"] for each in [whole, *parts]}) == 3


async def test_whom_somebody_confirms_is_chosen_and_the_others_are_asked_to_cancel(
    api, site
):
    key = await sent(api, site, performers=["food-bank", "kitchen"])
    chosen, other = await parts_of(api, key, "food-bank", "kitchen")
    await said(api, site, chosen, side="performer", says="accepted")
    await said(api, site, other, side="performer", says="accepted")
    assert not (await api.get(f"referrals/{other}"))["cancel_requested"]

    await said(api, site, chosen, side="requester", says="confirmed")

    assert (await api.get(f"referrals/{other}"))["cancel_requested"]
    assert not (await api.get(f"referrals/{chosen}"))["cancel_requested"]
    assert (await api.get(f"referrals/{chosen}"))["conflicts"] == 0


async def parts_of(api, key, *parties):
    """Return the keys of the parts of a referral, by who shall act."""
    whole = await api.get(f"referrals/{key}")
    found = [await api.get(f"referrals/{each}") for each in whole["children"]]
    by = {each["performer"]: each["key"] for each in found}
    return [by[each] for each in parties]


async def test_who_accepts_first_is_chosen_where_nobody_confirms(tmp_path):
    kitchen = folder(tmp_path / "kitchen", name="kitchen")
    async with World(tmp_path, kitchen, kitchen=KITCHEN).running() as site:
        await site.take("klinik-nord", request("R-1", to="FB-9"))
        async with site.api() as api:
            key = await sent(api, site, performers=["food-bank", "kitchen"])
            other, first = await parts_of(api, key, "food-bank", "kitchen")

            await said(api, site, first, side="performer", says="accepted")

            found = await api.get(f"referrals/{first}")
            assert [each["says"] for each in found["history"]][-1] == "confirmed"
            assert found["conflicts"] == 0
            assert (await api.get(f"referrals/{other}"))["cancel_requested"]
            count = "SELECT count(*), sum(repeats) FROM message WHERE control_id LIKE ?"
            assert site.query(count, "cancel_requested-%") == [(1, 0)]


async def test_what_nobody_took_up_is_cancelled_and_else_that_is_asked_for(api, site):
    key = await sent(api, site)
    why = {"reason": "no longer needed"}

    status, found = await api.ask("POST", f"referrals/{key}/cancel", json=why)

    assert (status, found["state"]) == (200, "received")
    assert found["cancel_requested"]
    await site.idle()
    await said(
        api, site, key, side="performer", says="cancelled", reason={"text": "ok"}
    )
    status, refused = await api.ask("POST", f"referrals/{key}/cancel", json=why)
    assert (status, refused["error"]["code"]) == (409, "SEND-003")


async def test_all_parts_are_cancelled_with_the_whole(api, site):
    key = await sent(api, site, performers=["food-bank", "kitchen"])

    status, _ = await api.ask(
        "POST", f"referrals/{key}/cancel", json={"reason": "moved"}
    )

    await site.idle()
    parts = [
        await api.get(f"referrals/{each}")
        for each in await parts_of(api, key, "food-bank", "kitchen")
    ]
    assert status == 200
    assert all(each["cancel_requested"] for each in parts)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"person": {"system": "X", "value": "1"}}, 422, "SEND-001"),
        ({"person": {"key": "p_unknown"}}, 404, "QUERY-002"),
        ({"person": {}}, 400, "ADMIN-004"),
        ({"performers": ["nobody"]}, 422, "SEND-002"),
        ({"performers": ["clinic"]}, 422, "SEND-002"),
        ({"performers": []}, 400, "ADMIN-004"),
        ({"services": ["dir_unknown"]}, 422, "SEND-002"),
        ({"requester": "food-bank"}, 422, "SEND-002"),
        ({"category": "hunger"}, 400, "ADMIN-004"),
        ({"priority": "soon"}, 400, "ADMIN-004"),
        ({"colour": "red"}, 400, "ADMIN-004"),
    ],
)
async def test_what_cannot_be_sent_is_refused(api, changes, status, code):
    answered, found = await api.ask("POST", "referrals", json=WANTED | changes)

    assert (answered, found["error"]["code"]) == (status, code)


async def test_an_unknown_key_of_the_person_is_named_with_where_it_stands(api):
    wanted = WANTED | {"person": {"identifiers": [], "values": "1"}}

    _, found = await api.ask("POST", "referrals", json=wanted)

    problems = found["error"]["problems"]
    assert "person.identifiers: there is no such parameter" in problems
    assert "person.values: there is no such parameter; did you mean value?" in problems


async def test_what_the_state_does_not_allow_is_refused(api, site):
    key = await sent(api, site)

    for words in (
        {"side": "requester", "says": "accepted"},
        {"side": "performer", "says": "outcome_amended"},
    ):
        status, found = await said(api, site, key, **words)
        assert (status, found["error"]["code"]) == (409, "SEND-003"), words
    for words in ({"side": "performer"}, {"side": "performer", "says": "gone"}):
        status, found = await said(api, site, key, **words)
        assert (status, found["error"]["code"]) == (400, "ADMIN-004"), words
    status, found = await said(api, site, "rec_none", side="performer", note="hello")
    assert status == 404


async def test_lists_are_asked_for_by_what_matters(api, site):
    key = await sent(api, site)

    for asked in (
        {"state": "received"},
        {"party": "food-bank"},
        {"category": "food-insecurity", "loop": "unclosed", "state": "received"},
        {"loop": "open", "party": "food-bank"},
    ):
        found = await api.get("referrals", params=asked)
        assert [each["key"] for each in found["items"]] == [key], asked
    for asked in (
        {"overdue": "true"},
        {"loop": "auto_closed"},
        {"category": "stress"},
        {"party": "kitchen"},
        {"person": "p_unknown"},
    ):
        assert (await api.get("referrals", params=asked))["items"] == [], asked
    page = await api.get("referrals", params={"limit": 1})
    rest = await api.get("referrals", params={"limit": 1, "cursor": page["next"]})
    assert len({each["key"] for each in page["items"] + rest["items"]}) == 2
    assert (await api.get("referrals/escalations"))["items"] == []


async def tokens(api, *roles):
    """Return headers for each role; from the first token on nobody goes without."""
    headers, found = {}, {}
    for role in ("admin", *roles):
        wanted = {"role": role, "name": role}
        status, made = await api.ask("POST", "tokens", headers=headers, json=wanted)
        assert status in {200, 201}, made
        found[role] = bearer(made["token"])
        headers = found["admin"]
    return [found[role] for role in roles]


async def test_who_may_not_read_content_sees_how_a_referral_stands(api, site):
    key = await sent(api, site, note=CANARY)
    viewer, operator = await tokens(api, "viewer", "operator")

    _, found = await api.ask("GET", f"referrals/{key}", headers=viewer)

    assert (found["state"], found["performer"]) == ("received", HIDDEN)
    assert CANARY not in json.dumps(found)
    status, _ = await api.ask("POST", "referrals", headers=viewer, json=WANTED)
    assert status == 403
    status, found = await api.ask("POST", "referrals", headers=operator, json=WANTED)
    assert (status, found["category"]) == (201, HIDDEN)
    [notice] = found["performers"]
    assert (notice["performer"], notice["destination"]) == (HIDDEN, "food-bank")
    assert notice["told"] in {"waiting", "told"}
    assert notice["referral"] == found["key"]
    assert notice["why"]["code"] == "consent.permitted"


async def test_what_users_do_is_audited(api, site):
    key = await sent(api, site)

    actions = "SELECT action FROM audit WHERE action LIKE 'referral.%' ORDER BY n"
    assert ("referral.stated",) in site.query(actions)
    assert key


def test_a_statement_that_was_set_aside_is_told_as_that():
    parked = Processed(state=MessageState.PARKED, error_code="REF-001")

    with pytest.raises(NotATakenStatementError, match="REF-001"):
        _refuse_parked(parked)
    _refuse_parked(None)
    _refuse_parked(Processed(state=MessageState.PROCESSED))


async def test_somebody_new_can_be_referred_with_a_name_and_a_way_to_reach_them(
    api, site
):
    whom = {"system": "CASES", "value": "C-9"}
    names = [{"family": "Doe", "given": "John"}]
    telecoms = [{"system": "phone", "value": "312-555-0148"}]
    for missing in ({}, {"names": names}, {"telecoms": telecoms}):
        status, found = await api.ask(
            "POST", "referrals", json=WANTED | {"person": whom | missing}
        )
        assert (status, found["error"]["code"]) == (422, "SEND-001")

    key = await sent(api, site, person=whom | {"names": names, "telecoms": telecoms})

    person = (await api.get(f"referrals/{key}"))["person"]
    told = (await api.get(f"persons/{person}"))["demographics"]
    assert told["names"]["value"] == names
    assert told["telecoms"]["value"] == telecoms


async def test_a_person_who_is_known_by_a_key_is_not_described(api):
    [person] = (await api.get("persons"))["items"]
    described = {"key": person["key"], "names": [{"family": "Doe"}]}

    status, _ = await api.ask("POST", "referrals", json=WANTED | {"person": described})

    assert status == 400


async def test_the_log_does_not_say_what_somebody_is_referred_for(api, site):
    with capture_logs() as logged:
        await sent(api, site)

    [entry] = [each for each in logged if each["event"] == "referral.sent"]
    assert entry.keys() <= {"event", "referral", "log_level"}


async def test_who_tells_of_the_end_alone_has_accepted_before(api, site):
    key = await sent(api, site)
    done = {"says": "completed", "outcome": {"code": "resolved"}}
    status, found = await said(api, site, key, side="performer", **done)

    assert status in {200, 201, 202}, found
    told = site.events()
    assert told[told.index("accepted") :][:2] == ["accepted", "completed"]
