"""The review queue, merges and splits over HTTP, carried out by a real hub."""

import asyncio
import json
from contextlib import closing

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hub.admin.context import AdminContext, HubStatus
from hub.admin.server import create_app
from hub.model.message import MessageState, Processed, Stored
from hub.store.books import balance
from tests.identities import BEARER, KVNR, OTHER, PSYCHIATRIC, running, two_to_compare
from tests.played import CANARY, Played

SAME = {"decision": "same", "by": "Dr. Blau", "reason": "compared the cards"}
DIFFERENT = SAME | {"decision": "different"}
SAID = {"by": "Dr. Blau", "reason": "compared the cards"}


class Asking:
    """Asks a hub through its admin API."""

    def __init__(self, hub, session):
        self.hub = hub
        self._session = session

    async def get(self, path, status=200, **params):
        return await self._ask("GET", path, status, params=params)

    async def post(self, path, body, status=200):
        return await self._ask("POST", path, status, data=json.dumps(body).encode())

    async def _ask(self, method, path, status, **more):
        address = f"{self.hub.admin.address}/api/v1/{path}"
        async with self._session.request(method, address, **more) as response:
            body = await response.json()
        assert response.status == status, body
        return body

    async def only(self):
        """Return the only review that is open."""
        [review] = (await self.get("reviews"))["items"]
        return review

    async def found(self, number):
        """Return the key of the person who has a number."""
        wanted = {"system": number.system, "value": number.value}
        [person] = (await self.post("persons/search", wanted))["items"]
        return person["key"]

    async def persons(self):
        """Return the keys of all people, each with those of their identities."""
        found = (await self.get("persons"))["items"]
        return {each["key"]: each["identities"] for each in found}

    def types(self):
        reader = self.hub.store.reader()
        with closing(reader):
            found = reader.execute("SELECT type FROM event ORDER BY seq").fetchall()
        return [kind for (kind,) in found]


@pytest.fixture
async def asked(tmp_path):
    """Ask a hub that heard of two people who have the same number of a payer."""
    played = Played(tmp_path / "data").play(*two_to_compare())
    async with running(played) as hub, aiohttp.ClientSession() as session:
        yield Asking(hub, session)


@pytest.fixture
async def sensitive(tmp_path):
    """Ask a hub that heard the same, where one of the two is treated in secret."""
    played = Played(tmp_path / "data").play(*two_to_compare(PSYCHIATRIC))
    async with running(played) as hub, aiohttp.ClientSession() as session:
        yield Asking(hub, session)


async def test_a_pair_is_shown_masked(asked):
    review = await asked.only()
    detail = await asked.get(f"reviews/{review['id']}")

    assert (review["state"], review["rule"]) == ("candidate", "trusted_id_contradicted")
    for shown in (review, detail):
        assert CANARY not in json.dumps(shown)
        assert "SUED" not in json.dumps(shown)
        assert "klinik" not in json.dumps(shown)
    years = {review[side]["birth_year"] for side in ("one", "other")}
    initials = {review[side]["initials"] for side in ("one", "other")}
    endings = {
        n["ending"] for side in ("one", "other") for n in review[side]["numbers"]
    }
    assert years == {"1961", "1975"}
    assert initials == {"A. M.", "B. B."}
    assert endings == {"…", "…780", "…815"}


async def test_a_pair_is_shown_with_what_agrees_and_what_to_do(asked):
    review = await asked.only()
    detail = await asked.get(f"reviews/{review['id']}")

    levels = {each["field"]: each["level"] for each in detail["fields"]}
    assert levels["number"] == "exact"
    assert levels["birth_date"] == "differs"
    assert "written over" in detail["advice"][0]
    assert detail["unmasked"] is None
    assert (detail["four_eyes"], detail["decided"], detail["said"]) == (False, None, [])


async def test_who_asks_for_it_sees_everything(asked):
    review = await asked.only()
    detail = await asked.get(f"reviews/{review['id']}", unmasked="true")

    names = {each["demographics"]["names"][0]["family"] for each in detail["unmasked"]}
    systems = {n["system"] for each in detail["unmasked"] for n in each["identifiers"]}
    assert names == {f"Muster{CANARY}", f"Beispiel{CANARY}"}
    assert systems == {"NORD", "SUED-CANARY", KVNR.system}


async def test_who_treats_somebody_in_secret_is_not_shown(sensitive):
    review = await sensitive.only()
    detail = await sensitive.get(f"reviews/{review['id']}", unmasked="true")

    assert detail["four_eyes"]
    assert "SUED" not in json.dumps(detail)
    assert "NORD" in json.dumps(detail)


async def test_the_list_takes_filters(asked):
    review = await asked.only()
    person = review["one"]["person"]

    assert len((await asked.get("reviews", state="candidate"))["items"]) == 1
    assert (await asked.get("reviews", state="contradiction"))["items"] == []
    assert len((await asked.get("reviews", person=person))["items"]) == 1
    await asked.get("reviews", person="p_none", status=404)


async def test_who_are_the_same_become_one_person(asked):
    review = await asked.only()
    keys = [review["one"]["identity"], review["other"]["identity"]]
    decided = await asked.post(f"reviews/{review['id']}", SAME)

    [person] = await asked.persons()
    assert decided["outcome"] == "carried_out"
    assert decided["persons"] == dict.fromkeys(keys, person)
    assert "person.linked" in asked.types()
    assert (await asked.get("reviews"))["items"] == []
    detail = await asked.get(f"persons/{keys[0]}")
    [link] = [each for each in detail["links"] if each["basis"] == "decided"]
    assert (link["by"], link["reason"]) == (SAME["by"], SAME["reason"])
    assert (link["message"], link["state"]) == (decided["message"], "manual")


async def test_who_are_different_are_never_asked_about_again(asked):
    review = await asked.only()
    await asked.post(f"reviews/{review['id']}", DIFFERENT)

    detail = await asked.get(f"reviews/{review['id']}")
    assert (await asked.get("reviews"))["items"] == []
    assert len(await asked.persons()) == 2
    assert detail["state"] == "decided"
    assert detail["decided"]["state"] == "broken"
    assert [each["decision"] for each in detail["said"]] == ["different"]


async def test_what_is_left_for_later_stays_open(asked):
    review = await asked.only()
    later = SAME | {"decision": "later", "reason": "no card at hand"}
    decided = await asked.post(f"reviews/{review['id']}", later)

    detail = await asked.get(f"reviews/{review['id']}")
    assert decided["outcome"] == "deferred"
    assert await asked.only() == review
    assert [each["reason"] for each in detail["said"]] == ["no card at hand"]


async def test_a_decision_is_a_message_of_the_hub_itself(asked):
    review = await asked.only()
    decided = await asked.post(f"reviews/{review['id']}", SAME)
    message = await asked.get(f"messages/{decided['message']}")

    assert (message["source"], message["state"]) == ("carehub", "processed")
    assert message["control_id"].startswith(f"{review['id']}.")
    with closing(asked.hub.store.reader()) as reader:
        assert balance(reader).balanced


async def test_a_double_click_is_one_decision(asked):
    review = await asked.only()
    path = f"reviews/{review['id']}"
    first, second = await asyncio.gather(asked.post(path, SAME), asked.post(path, SAME))

    assert first == second
    assert len((await asked.get("messages", source="carehub"))["items"]) == 1


async def test_what_was_decided_meanwhile_is_told(asked):
    review = await asked.only()
    path = f"reviews/{review['id']}"
    await asked.post(path, SAME)
    refused = await asked.post(path, DIFFERENT | {"by": "Dr. Grau"}, 409)

    [decided] = refused["error"]["decided"]
    assert refused["error"]["code"] == "ADMIN-011"
    assert (decided["by"], decided["state"]) == ("Dr. Blau", "manual")
    again = DIFFERENT | {"by": "Dr. Grau", "again": True}
    assert (await asked.post(path, again))["outcome"] == "carried_out"
    assert len(await asked.persons()) == 2


async def test_it_can_be_decided_back_and_forth(asked):
    review = await asked.only()
    path = f"reviews/{review['id']}"
    counts = []
    for each in (SAME, DIFFERENT, SAME):
        await asked.post(path, each | {"again": True})
        counts.append(len(await asked.persons()))

    assert counts == [1, 2, 1]


async def test_a_sensitive_pair_needs_two_people(sensitive):
    review = await sensitive.only()
    path = f"reviews/{review['id']}"
    first = await sensitive.post(path, SAME, 202)
    repeated = await sensitive.post(path, SAME | {"by": " dr. blau"}, 202)
    after_one = len(await sensitive.persons())
    second = await sensitive.post(path, SAME | {"by": "Dr. Grau"})

    assert (first["outcome"], repeated["message"]) == ("recommended", first["message"])
    assert after_one == 2
    assert second["outcome"] == "carried_out"
    assert len(await sensitive.persons()) == 1


async def test_to_keep_a_sensitive_pair_apart_one_is_enough(sensitive):
    review = await sensitive.only()

    assert (await sensitive.post(f"reviews/{review['id']}", DIFFERENT))["outcome"] == (
        "carried_out"
    )


async def test_two_people_are_merged_and_split_again(asked):
    one, other = [await asked.found(number) for number in (BEARER, OTHER)]
    merged = await asked.post(f"persons/{one}/merge", SAID | {"with": other})
    [person] = await asked.persons()
    split = SAID | {"identity": other, "reason": "the wrong card"}
    refused = await asked.post(f"persons/{person}/split", split, 409)
    parted = await asked.post(f"persons/{person}/split", split | {"again": True})

    assert set(merged["persons"].values()) == {person}
    assert refused["error"]["decided"][0]["state"] == "manual"
    assert parted["persons"] == {one: one, other: other}
    assert asked.types()[-5:] == [
        "encounter.admitted",
        "person.unmerged",
        "encounter.moved",
        "privacy.incident_opened",
        "encounter.admitted",
    ]


async def test_there_must_be_something_to_merge_or_split(asked):
    one, other = await asked.persons()
    alone = await asked.post(f"persons/{one}/split", SAID | {"identity": one}, 409)
    foreign = await asked.post(f"persons/{one}/split", SAID | {"identity": other}, 409)
    itself = await asked.post(f"persons/{one}/merge", SAID | {"with": one}, 409)

    codes = {each["error"]["code"] for each in (alone, foreign, itself)}
    assert codes == {"ADMIN-012"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("reviews/rev_0", SAME),
        (f"reviews/rev_{'0' * 32}", SAME),
        ("persons/p_none/merge", SAID | {"with": "p_none"}),
        ("persons/{one}/merge", SAID | {"with": "p_none"}),
        ("persons/p_none/split", SAID | {"identity": "p_none"}),
        ("persons/{one}/split", SAID | {"identity": "p_none"}),
    ],
)
async def test_a_key_that_is_not_known_is_refused_before_anything_is_stored(
    asked, path, body
):
    one, _ = await asked.persons()
    refused = await asked.post(path.format(one=one), body, 404)

    assert refused["error"]["code"] == "QUERY-002"
    assert (await asked.get("messages", source="carehub"))["items"] == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (SAME | {"by": " "}, "by: must not be blank"),
        ({"decision": "same", "by": "x"}, "reason: is needed"),
        (SAME | {"decision": "maybe"}, "decision: must be"),
        (SAME | {"reasons": 1}, "did you mean reason?"),
    ],
)
async def test_a_decision_says_who_and_why(asked, body, problem):
    review = await asked.only()
    refused = await asked.post(f"reviews/{review['id']}", body, 400)

    assert problem in " ".join(refused["error"]["problems"])


async def test_nothing_of_a_decision_is_logged(asked):
    review = await asked.only()
    body = SAME | {"by": CANARY, "reason": CANARY}
    with capture_logs() as entries:
        await asked.get(f"reviews/{review['id']}", unmasked="true")
        await asked.post(f"reviews/{review['id']}", body)
        await asked.post(f"reviews/{review['id']}", DIFFERENT, 409)

    assert "decision.taken" in {each["event"] for each in entries}
    assert CANARY not in str(entries)


async def test_every_answer_is_as_described(asked):
    review = await asked.only()
    detail = await asked.get(f"reviews/{review['id']}")
    decided = await asked.post(f"reviews/{review['id']}", SAME)
    description = await asked.get("openapi.json")
    paths, schemas = description["paths"], description["components"]["schemas"]

    answers = {
        ("/api/v1/reviews/{id}", "get"): detail,
        ("/api/v1/reviews/{id}", "post"): decided,
    }
    for (path, method), body in answers.items():
        content = paths[path][method]["responses"]["200"]["content"]
        schema = content["application/json"]["schema"]
        declared = schemas[schema["$ref"].rpartition("/")[2]]
        assert set(body) == set(declared["properties"]) == set(declared["required"])
    assert "202" in paths["/api/v1/reviews/{id}"]["post"]["responses"]


@pytest.mark.parametrize(
    ("processed", "status", "outcome", "code"),
    [
        (None, 202, "waiting", ""),
        (
            Processed(state=MessageState.PARKED, error_code="PIPE-002"),
            200,
            "parked",
            "PIPE-002",
        ),
    ],
)
async def test_what_is_not_carried_out_is_told(
    tmp_path, processed, status, outcome, code
):
    """The hub is too busy, or cannot make anything of the decision."""
    played = Played(tmp_path / "data").play(*two_to_compare())

    async def decide(_):
        return Stored("msg_1"), processed

    async with TestClient(TestServer(create_app(context(played, decide)))) as client:
        (review,) = played.reader.reviews.open_reviews().items
        path = f"/api/v1/reviews/{review.id}"
        async with client.post(path, data=json.dumps(SAME)) as response:
            body = await response.json()

    assert (response.status, body["outcome"]) == (status, outcome)
    assert (body["message"], body["error_code"]) == ("msg_1", code)


async def test_where_nobody_carries_decisions_out_there_is_no_such_address(tmp_path):
    played = Played(tmp_path / "data").play(*two_to_compare())
    (review,) = played.reader.reviews.open_reviews().items
    async with TestClient(TestServer(create_app(context(played)))) as client:
        path = f"/api/v1/reviews/{review.id}"
        async with client.post(path, data=json.dumps(SAME)) as response:
            body = await response.json()

    assert (response.status, body["error"]["code"]) == (404, "ADMIN-006")


def context(played, *decide):
    """Return what the API needs of a hub that may carry decisions out."""

    async def no_replay(_, __):
        return False

    return AdminContext(
        reader=played.reader,
        plugins=[],
        status=lambda: HubStatus(ready=True),
        replay=no_replay,
        metrics_registry=CollectorRegistry(),
        **dict(zip(["decide"], decide, strict=False)),
    )
