"""Nobody is told more than policy permits, and nothing leaks beside it (G24).

Every field of every message, fact and list holds a marker; they take every path of
panels, consents, worklists, tokens, explanations, reports, audit and shadow runs,
failures included, and then the markers are looked for. All of it is made up.
"""

import contextlib
import json
import re
import sqlite3
from contextlib import closing
from functools import partial

import pytest
from click.testing import CliRunner

from hub.admin.routes import ROUTES
from hub.cli import main
from tests.acceptance.conftest import Hubs
from tests.acceptance.marked import (
    MRN,
    SYSTEM,
    admission,
    body,
    broken_bodies,
    found,
    mark,
    statements,
)
from tests.acceptance.peers import Receiver
from tests.acceptance.process import (
    COMMAND,
    ENVIRONMENT,
    eventually,
    feed,
    folder,
    subscription,
    table,
    webhook,
    write_config,
)
from tests.acceptance.test_canary import exchange, file_names
from tests.docs.running import free_ports

pytestmark = [pytest.mark.acceptance]

EVENTS = ["encounter.*", "person.*", "need.*", "task.*", "risk.*", "consent.*"]
#: What who decides something writes: it may say anything.
SPOKEN = mark("spoken")
ROLES = ("admin", "operator", "viewer", "analyst")
SCOPES = {"feed": "cases", "subscriber": "list"}
FOLDERS = ("clinic", "payer", "meals", "shelter", "kitchen", "watcher", "masked")
COLUMNS = "patient_id,assigning_authority,identifier,valid_from,valid_to"
TABLE = "Case,Number,Said,State,What"
WORDS = ("hub.toml", "--json")


def csv_feed():
    """Return a feed of tables of tasks."""
    columns = {
        '"person.identifiers.0.value"': "Case",
        '"key.value"': "Number",
        "recorded": "Said",
        "status": "State",
        "title": "What",
    }
    given = {
        "kind": "task",
        '"person.identifiers.0.system"': SYSTEM,
        '"key.system"': SYSTEM,
    }
    profile = {"time_zone": "Europe/Berlin", "columns": columns, "defaults": given}
    keys = {"kind": "facts-api", "normaliser": "facts-csv", "profile": profile}
    return table("sources.tables", **keys)


def tables_of(path, url, zone="Europe/Berlin"):
    """Return recipients with rights of every kind, and one that fails."""
    told = partial(subscription, events=EVENTS)
    contract = lambda name, sector="community", **keys: table(  # noqa: E731
        f"recipients.{name}", sector=sector, **keys
    )
    profile = {"time_zone": zone, "assigning_authority": SYSTEM}
    return (
        feed(profile=profile),
        table("sources.cases", kind="facts-api"),
        csv_feed(),
        table("scorers.points", kind="utilisation-points"),
        table("panels.members", max_drop=0.2),
        *(folder(path / "told" / name, name) for name in FOLDERS),
        webhook(url, dead_letter="skip"),
        table("destinations.list", kind="worklist"),
        contract("clinic", "provider"),
        contract("payer", "payer"),
        contract("meals"),
        contract("shelter"),
        contract("kitchen"),
        contract("watcher", "provider", template="existence"),
        contract("masked", "provider", mask_facility=True),
        contract("hook", "payer"),
        contract("list", "payer", template="existence"),
        told("clinic"),
        told("payer", panel="members"),
        told("meals"),
        told("shelter"),
        told("kitchen", cadence="daily 03:00 Europe/Berlin"),
        told("watcher"),
        told("masked", panel="members"),
        told("hook"),
        told("list", cadence="pull"),
        told("clinic", "filtered", where={"class": ["emergency"]}),
        told("clinic", "episodes", panel="episode"),
    )


def hub_command(path, *words, token=""):
    """Return the exit status of a command of the hub, and all that it prints."""
    given = ENVIRONMENT | {"CAREHUB_TOKEN": token, "HUB_CONFIG": "hub.toml"}
    with contextlib.chdir(path):
        done = CliRunner().invoke(main, [*map(str, words)], env=given)
    return done.exit_code, done.output.encode()


class Asking:
    """Asks the API of a hub with a token, and keeps every answer."""

    def __init__(self, hub, token):
        self.hub = hub
        self._token = token
        self.answers = []

    def __call__(self, method, path, given=b"", **headers):
        """Return the status and the body of an answer."""
        if not isinstance(given, bytes):
            given = json.dumps(given).encode()
        headers |= {"Authorization": f"Bearer {self._token}"}
        status, answer = self.hub.request(method, f"/{path}", given, **headers)
        self.answers.append((f"{method} {path} {status}", answer))
        return status, answer

    def json(self, method, path, given=b"", **headers):
        """Return the JSON of an answer, which must be a good one."""
        status, answer = self(method, f"api/v1/{path}", given, **headers)
        assert status < 300, (path, status, answer)
        return json.loads(answer)

    def items(self, path):
        """Return the items of a list."""
        more = "&" if "?" in path else "?"
        return self.json("GET", f"{path}{more}limit=1000")["items"]


def told_to(path, name):
    """Return all that a folder was told."""
    place = path / "told" / name
    files = sorted(place.iterdir()) if place.exists() else []
    return b"\n".join(each.read_bytes() for each in files)


def leaks(answers):
    """Return the markers in answers by where they stand."""
    return {name: marks for name, text in answers if (marks := found(text))}


def settled(hub):
    """Wait until nothing waits to be processed or sent; digests and lists may."""
    sql = """
        SELECT (SELECT count(*) FROM message WHERE state = 'received')
             + (SELECT count(*) FROM delivery WHERE state IN ('ready', 'claimed')
                AND destination NOT IN ('list', 'kitchen'))
    """
    eventually(lambda: hub.query(sql) == [(0,)], hub)


def consent(number, whom, **given):
    """Return a consent that a service may be told."""
    made = next(each for each in statements() if each["kind"] == "consent")
    said = {"decision": "permit", "scope": ["care_coordination"], "data": EVENTS}
    del made["actors"]
    return (
        made
        | said
        | {
            "key": {"system": SYSTEM, "value": f"{mark('consentkey')}{number}"},
            "recipients": [whom],
            "status": "active",
            **given,
        }
    )


def make_tokens(path):
    """Return a token for each role."""
    made = {}
    for role in (*ROLES, *SCOPES):
        words = ["--role", role, "--name", f"test-{role}", "--json"]
        words += ["--scope", SCOPES[role]] if role in SCOPES else []
        status, shown = hub_command(path, "tokens", "create", *words)
        assert status == 0, shown
        made[role] = json.loads(shown)["token"]
    return made


def members(*rows, columns=COLUMNS):
    """Return a list of members of a panel."""
    lines = [columns, *(",".join(each) for each in rows)]
    return "\n".join([*lines, ""]).encode()


def anybody(number):
    """Return a row about somebody of whom nothing is known."""
    return mark("otherid"), SYSTEM, f"{mark('other')}{number}", "", ""


WHOLE = members(
    (mark("patientid"), SYSTEM, MRN, "", ""), *(anybody(each) for each in range(9))
)


def broken_lists():
    """Return lists that must be refused, each for a reason of its own."""
    yield b""
    yield members((mark("patientid"), SYSTEM, MRN, mark("from"), mark("until")))
    yield members((mark("patientid"), SYSTEM, "", "", ""), ("", mark("system"), MRN))
    yield members(anybody(1), columns=f"{mark('column')},{mark('columns')}")
    yield WHOLE + b"\xff\xfe" + MRN.encode()
    yield WHOLE + f'"{mark("open")},{MRN}\n'.encode()
    yield f"{mark('nolist')}".encode()


def stays(trigger, number, hour, **given):
    """Return a message about the stay."""
    at = f"20260314{hour:02d}0000"
    return admission(trigger, f"P{number}", at, **given)


class Story:
    """What is told to a hub, in order; `answers` has all that it answered."""

    def __init__(self, hub, tokens, path):
        self.hub, self.path, self.tokens = hub, path, tokens
        self.ask = {role: Asking(hub, token) for role, token in tokens.items()}
        self.acks, self.logs = [], []

    def members(self):
        """Give the panel a good list, bad ones, and one that has to wait."""
        admin = self.ask["admin"]
        admin.json("PUT", "panels/members", WHOLE)
        for each in broken_lists():
            status, answer = admin("PUT", "api/v1/panels/members", each)
            assert status == 400, answer
        few = members((mark("patientid"), SYSTEM, MRN, "", ""))
        for decision in ("refuse", "approve"):
            waiting = admin.json("PUT", "panels/members", few)["load"]
            assert waiting["state"] == "waiting"
            address = f"panels/members/loads/{waiting['id']}/{decision}"
            admin.json("POST", address, {"by": "Anna", "reason": "the contract ended"})
        admin.json("PUT", "panels/members", WHOLE)

    def stay(self):
        """Let somebody consent, come, stay and go."""
        consents = body(consent(1, "meals"), consent(2, "kitchen"))
        self.post(consents)
        self.tell(
            stays("A01", 1, 9),
            stays("A08", 2, 10),
            stays("A03", 3, 11, left="20260314110000"),
            *broken_messages(),
        )

    def tell(self, *messages):
        """Send messages, and wait until everybody has heard of them."""
        self.acks += exchange(self.hub.address(), messages)
        settled(self.hub)

    def post(self, facts, expected=202, source="cases", role="feed", **headers):
        """Post facts, and wait until everybody has heard of them."""
        address = f"api/v1/facts?source={source}"
        status, answer = self.ask[role]("POST", address, facts, **headers)
        assert status == expected, answer
        settled(self.hub)

    def facts(self):
        """Post facts, good and bad ones, in both forms."""
        whole = body(*statements())
        self.post(whole, **{"Idempotency-Key": "k-1"})
        self.post(whole, **{"Idempotency-Key": "k-1"})
        self.post(body(statements()[0]), 409, **{"Idempotency-Key": "k-1"})
        self.post(whole, 400, **{"Idempotency-Key": f"{mark('key')} {MRN}"})
        for each in broken_bodies():
            self.post(each, 422)
        self.post(whole, 404, source=MRN)
        self.post(whole, 403, role="viewer")
        row = f"{MRN},{mark('tasknumber')},2026-03-10T09:00:00"
        rows = f"{row},created,{mark('csvtitle')}\n"
        tabled = {"source": "tables", "role": "admin", "Content-Type": "text/csv"}
        self.post(f"{TABLE}\n{rows}".encode(), **tabled)
        self.post(f"{mark('head')},{MRN}\n{rows}".encode(), 422, **tabled)
        self.post(f"{TABLE}\n{row}\n{MRN},,{mark('said')}\n".encode(), 422, **tabled)
        wrong = tabled | {"Content-Type": "application/json"}
        self.post(whole, 415, **wrong)

    def revoke(self):
        """Let the consents be revoked before the digest goes, and the end be untrue."""
        later = {"status": "revoked", "recorded": "2026-03-15T12:00:00Z"}
        self.post(body(consent(1, "meals", **later), consent(2, "kitchen", **later)))
        self.tell(stays("A13", 4, 12))

    def digest(self, start, hubs):
        """Let the time of the digest come: the hub is stopped, and it is due."""
        self.logs.append(self.hub.log)
        self.hub.terminate()
        with (
            closing(sqlite3.connect(hubs.data_dir / "carehub.sqlite3")) as store,
            store,
        ):
            store.execute("UPDATE delivery SET due = 0 WHERE destination = 'kitchen'")
        self.hub = start()
        for each in self.ask.values():
            each.hub = self.hub
        waiting = (
            "SELECT 1 FROM delivery WHERE destination = 'kitchen' AND state = 'ready'"
        )
        eventually(lambda: not self.hub.query(waiting), self.hub)


def broken_messages():
    """Return messages that cannot be processed."""
    whole = stays("A01", 9, 13)
    yield whole.replace(b"PID|1|", b"QID|1|")
    yield whole.replace(b"20260314130000", mark("moment").encode())
    yield whole.replace(b"ADT^A01", f"{mark('kind')}^{MRN}".encode())
    yield f"{mark('nothing')} {MRN}".encode()


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A story that was told to a hub, which still runs."""
    path = tmp_path_factory.mktemp("canary")
    hubs, receiver = Hubs(path), Receiver()
    receiver.answers = [500, (429, {"Retry-After": "0"}), 400]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAREHUB_PIPELINE", "process")
        tables = tables_of(path, receiver.url)
        (port,) = free_ports(1)
        hubs.config(*tables, admin_port=port)
        tokens = make_tokens(path)
        start = partial(
            hubs.start,
            *tables,
            admin_port=port,
            admin={"rate": "60000/1m"},
            command=(*COMMAND, "--log-level", "debug"),
        )
        try:
            story = Story(start(), tokens, path)
            story.receiver = receiver
            story.members()
            story.stay()
            story.facts()
            story.revoke()
            story.digest(start, hubs)
            story.heard = [each for ask in story.ask.values() for each in ask.answers]
            yield story
        finally:
            hubs.close()
            receiver.close()


#: What payers get of all that was told: by the template, and not one field more.
PAYER = frozenset(
    {
        *("account", "city", "diag", "dischargedto", "disposition", "doctor"),
        *("doctorgiven", "doctorid", "family", "given", "gp", "gpname", "language"),
        *("mrn", "number", "office", "patientid", "payer", "payerid", "phone", "plan"),
        *("policy", "proxyrelationship", "riskmodel", "service", "ssn", "street"),
        *("taskclock", "taskplan", "taskpriority", "taskstay", "visit"),
    }
)
COMMUNITY = frozenset(
    {
        *("city", "family", "given", "language", "needcategory", "office", "phone"),
        *("street", "taskpriority"),
    }
)


def test_the_recipients_are_told_what_their_templates_permit_and_no_more(ran):
    told = {name: set(found(told_to(ran.path, name))) for name in FOLDERS}
    hook = b"".join(each.body for each in ran.receiver.requests)

    assert told["payer"] == PAYER
    assert set(found(hook)) == PAYER - {"patientid"}
    assert told["meals"] == COMMUNITY
    assert told["masked"] == COMMUNITY | {"disposition", "patientid"}
    assert told["clinic"] > {"diag", "mrn", "unit", "needdescription"}


def test_what_is_redacted_or_a_senders_own_is_told_to_nobody(ran):
    told = b"".join(told_to(ran.path, name) for name in FOLDERS)
    kept = {"sud", "local", "localmore", "operator", "spoken", "religion", "reason"}
    marks = set(found(told))

    assert not marks & kept
    assert [each for each in marks if "extended" in each or "extension" in each] == []
    assert b"F10" not in told


def states(ran, name):
    sql = "SELECT DISTINCT state FROM delivery WHERE destination = ?"
    return {state for (state,) in ran.hub.query(sql, name)}


def test_who_has_no_consent_is_told_nothing(ran):
    assert told_to(ran.path, "shelter") == b""
    assert states(ran, "shelter") == set()


def test_of_a_digest_nothing_goes_once_the_consent_is_revoked(ran):
    assert told_to(ran.path, "kitchen") == b""
    assert states(ran, "kitchen") == {"withheld", "withdrawn"}


def test_by_the_narrowest_template_nothing_is_told(ran):
    admin = ran.ask["admin"]
    told = told_to(ran.path, "watcher")
    listed = admin("GET", "api/v1/worklists/list")[1]

    assert told.count(b"specversion") > 9
    assert listed.count(b'"notice":{') > 9
    assert found(told) == found(listed) == []


def test_who_may_know_no_more_is_told_that_it_is_taken_back_in_fewest_words(ran):
    events = [
        json.loads(each)["data"] for each in told_to(ran.path, "meals").splitlines()
    ]
    last = [each for each in events if each["correction"]]

    assert [each["correction"]["kind"] for each in last] == ["retraction"]
    assert found(json.dumps(last)) == []


def test_no_answer_to_who_gives_or_asks_something_holds_content(ran):
    assert leaks(ran.heard) == {}
    assert leaks(("ACK", each) for each in ran.acks) == {}
    assert leaks(("request", each.head) for each in ran.receiver.requests) == {}


KINDS = ("persons", "encounters", "stays", "transitions", "records", "events")
#: What gives away the diagnosis without a word of the sender's.
SENSITIVE = re.compile(rb'F10|"ETH|is ETH|part2_notice"')
#: What an address names that has a name in it.
NAMED = {
    "panels": ["members"],
    "sources": ["klinik-nord", "cases"],
    "destinations": ["clinic", "shelter", "list"],
    "worklists": ["list"],
}
#: What some addresses have to be asked.
ASKED = {
    "/api/v1/services/match": "category=food-insecurity",
    "/api/v1/directory/report": "feed=nobody",
}


def addresses(ran):
    """Return every address that can be asked for, with what there is behind it."""
    admin = ran.ask["admin"]
    kinds = (*KINDS, "messages", "deliveries")
    ids = {kind: [each["id"] for each in admin.items(kind)] for kind in kinds[5:]}
    ids |= {kind: [each["key"] for each in admin.items(kind)] for kind in kinds[:5]}
    messages = ids["messages"]
    for route in ROUTES:
        if route.method != "GET":
            continue
        kind = route.path.removeprefix("/api/v1/").partition("/")[0]
        if route.path in ASKED:
            yield f"{route.path}?{ASKED[route.path]}"
            continue
        if "{" not in route.path and route.path != "/api/v1/explain":
            yield route.path
            continue
        for each in NAMED.get(kind, ids.get(kind, []))[:40]:
            address = route.path.replace("{name}", each).replace("{id}", each)
            if "explain" in address:
                yield from (f"{address}?message={one}" for one in messages)
            else:
                yield address
    for each in messages:
        yield f"/api/v1/explain?message={each}"
        yield f"/api/v1/explain?message={each}&view=sender"
        for name in (*FOLDERS, "hook", "list"):
            yield f"/api/v1/explain?message={each}&view=recipient&destination={name}"
    for each in ids["persons"]:
        yield f"/api/v1/explain?person={each}"


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_see_content_finds_none_at_any_address(ran, role):
    ask = Asking(ran.hub, ran.tokens[role])
    paths = list(addresses(ran))
    for each in paths:
        ask("GET", each[1:])
    search = {"system": SYSTEM, "value": MRN}
    for each in ("persons/search", "panels/members/members/search"):
        ask("POST", f"api/v1/{each}", search)

    statuses = {name.rsplit(" ", 1)[1] for name, _ in ask.answers}
    assert statuses <= {"200", "403", "404"}
    assert leaks(ask.answers) == {}
    assert [name for name, answer in ask.answers if SENSITIVE.search(answer)] == []
    assert len(paths) > 200


def test_who_may_see_content_finds_it_where_it_belongs(ran):
    ask = Asking(ran.hub, ran.tokens["analyst"])
    for each in addresses(ran):
        ask("GET", each[1:])

    seen = {name.split(" ")[1].split("/")[2] for name in leaks(ask.answers)}
    assert seen == {"persons", "encounters", "records", "events", "messages"}


def asked_by_command(path, token, *words):
    """Return what a command prints, with the words as its name."""
    status, shown = hub_command(path, *words, token=token)
    return f"{' '.join(map(str, words))} {status}", shown


def listing(ran):
    """Yield every command that shows states, reasons, reports and the audit."""
    admin = ran.ask["admin"]
    messages = [each["id"] for each in admin.items("messages")]
    person = next(each["key"] for each in admin.items("persons"))
    for each in messages[-3:]:
        yield ("explain", each)
        yield ("explain", each, "--as", "shelter")
    yield ("explain", messages[-1], "--json")
    yield ("explain", messages[-1], "--as", "sender")
    yield ("explain", "--person", person)
    for name in ("messages", "deliveries", "events", "encounters", "stays", "records"):
        yield (name,)
    for name in ("notifications", "disclosures", "latency", "transitions"):
        yield ("report", name)
        yield ("report", name, "--format", "json")
    for name in ("readmissions", "referrals"):
        yield ("report", name)
    yield ("audit", "verify")
    yield ("audit", "list", "--limit", "1000", "--json")
    yield ("audit", "export")
    yield ("audit", "export", "--fhir")
    yield ("audit", "disclosures", person, "--json")
    yield ("audit", "accesses", person, "--json")
    yield ("labels", "list")
    yield ("labels", "unmapped")
    yield ("panels", "list")
    yield ("panels", "show", "members", "--json")
    yield ("tokens", "list", "--json")
    yield ("worklist", "show", "list", "--json")
    yield ("subscriptions", "list", "--json")
    since = "2026-01-01T00:00:00Z"
    yield ("subscriptions", "backfill", "shelter", "--since", since, "--tell")
    yield ("episodes", "list")
    yield ("scorers", "run", "points")
    yield ("check", "--books")


def test_no_command_that_shows_states_shows_content(ran):
    token = ran.tokens["admin"]
    shown = [asked_by_command(ran.path, token, *each) for each in listing(ran)]

    assert [name for name, _ in shown if not name.endswith(" 0")] == []
    # Why somebody broke the glass is in the audit, and nowhere else.
    told = {name: {*marks} - {"spoken"} for name, marks in leaks(shown).items()}
    assert [name for name, marks in told.items() if marks] == []
    assert all(name.startswith("audit ") for name in told)


def refused(ran):
    """Yield commands that fail at files and words that name somebody."""
    bodies, lists = list(broken_bodies())[1::4], list(broken_lists())[1::2]
    for number, each in enumerate(bodies):
        (ran.path / f"facts{number}.json").write_bytes(each)
        yield ("facts", "post", f"facts{number}.json", "--source", "cases")
    for number, each in enumerate(lists):
        (ran.path / f"list{number}.csv").write_bytes(each)
        yield ("panels", "load", "members", f"list{number}.csv")
    outcome = ("--outcome", f"{mark('outcome')} {MRN}")
    item = ran.ask["admin"].items("worklists/list")[0]["id"]
    yield ("worklist", "close", "list", item, *outcome)


def test_no_command_that_fails_repeats_what_it_was_given(ran):
    token = ran.tokens["admin"]
    shown = [asked_by_command(ran.path, token, *each) for each in refused(ran)]

    assert [name for name, _ in shown if name.endswith(" 0")] == []
    assert leaks(shown) == {}


def bad_requests():
    """Yield requests that quote somebody where nothing of the kind belongs."""
    quoted = (f"{mark('asked')}{MRN}", mark("said"))
    person, word = quoted
    for kind in (*KINDS, "deliveries", "reports", "reviews", "worklists", "panels"):
        yield "GET", f"{kind}/{person}", {}
        yield "GET", f"{kind}?{word}={person}&cursor={person}&limit={word}", {}
    for query in ("message", "person", "destination", "view"):
        yield "GET", f"explain?message=msg_1&{query}={person}", {}
    yield "GET", f"audit?actor={person}&since={word}", {}
    yield "GET", f"services/match?category={person}&postcode={word}", {}
    yield "GET", f"unmapped?days={person}", {}
    for address in (
        *("audit/disclosures", "audit/accesses", "persons/search", "episodes"),
        *(
            "tokens",
            "amendments",
            f"scorers/{person}/run",
            "panels/members/members/search",
        ),
        *(f"panels/members/loads/{person}/approve", f"subscriptions/{person}/backfill"),
        *(f"worklists/list/items/{person}/close", "worklists/list/items/x/acknowledge"),
        *(f"persons/{person}/merge", f"persons/{person}/split", f"reviews/{person}"),
        *("subscriptions/shelter/backfill", f"facts?source={person}", "services/match"),
    ):
        for given in ({}, {word: person}, {"by": [word], "person": {word: person}}):
            yield "POST", address, given
        yield "POST", address, f"{word} {person}".encode()
    yield "DELETE", f"tokens/{person}", {}
    yield "DELETE", f"episodes/{person}/{word}", {}
    yield "PUT", f"panels/{person}?mode={word}", {}


@pytest.mark.parametrize("role", ["admin", "viewer", "subscriber"])
def test_no_refusal_repeats_what_was_asked(ran, role):
    ask = Asking(ran.hub, ran.tokens[role])
    for method, address, given in bad_requests():
        ask(method, f"api/v1/{address}", given)

    refused = [each for name, each in ask.answers if int(name[-3:]) >= 400]
    assert len(refused) > 80
    assert leaks((str(number), each) for number, each in enumerate(refused)) == {}


def test_a_shadow_run_shows_what_differs_and_no_content(ran):
    shadow = ran.path / "shadow"
    shadow.mkdir()
    tables = tables_of(shadow, ran.receiver.url, zone="Europe/Helsinki")
    config = write_config(shadow / "new.toml", *tables, data_dir=shadow / "data")
    words = ("shadow", "run", config, "--config", ran.path / "hub.toml")
    token = ran.tokens["admin"]

    shown = [
        asked_by_command(ran.path, token, *words, *more) for more in ((), ("--json",))
    ]

    assert [name for name, _ in shown if not name.endswith((" 0", " 1"))] == []
    assert b"encounter." in shown[0][1]
    assert leaks((f"shadow {n}", each) for n, (_, each) in enumerate(shown)) == {}


def test_a_golden_test_that_passes_says_so_without_content(ran):
    samples = ran.path / "samples" / "klinik-nord"
    samples.mkdir(parents=True)
    (samples / "1.hl7").write_bytes(stays("A01", 1, 9))
    (samples / "2.hl7").write_bytes(next(broken_messages()))
    words = ("test", "hub.toml", "--messages", "samples", "--expect", "expected.json")

    shown = [
        asked_by_command(ran.path, "", *words, *more) for more in (("--update",), ())
    ]

    assert [name for name, _ in shown if not name.endswith(" 0")] == []
    assert leaks(shown) == {}


def test_the_log_the_metrics_the_audit_and_the_names_of_files_hold_no_content(ran):
    admin = Asking(ran.hub, ran.tokens["admin"])
    audit = ran.hub.query("SELECT * FROM audit")
    checkpoints = ran.path / "data" / "audit-checkpoints.jsonl"
    names = b"\n".join(file_names(ran.path, ran.path / "told", ran.path / "data"))

    assert len(audit) > 50
    assert found("".join(ran.logs) + ran.hub.log) == []
    assert found(admin("GET", "metrics")[1]) == []
    # Why somebody looked at content is in there, in their own words.
    assert set(found(repr(audit))) <= {"spoken"}
    assert found(checkpoints.read_bytes()) == []
    assert found(names) == []


def test_no_secret_of_a_token_is_shown_or_kept(ran):
    log = "".join(ran.logs) + ran.hub.log
    store = (ran.path / "data" / "carehub.sqlite3").read_bytes()
    audit = repr(ran.hub.query("SELECT * FROM audit"))

    for token in ran.tokens.values():
        secret = token.split("_", 2)[2]  # which may hold a "_" too
        assert secret not in log + audit
        assert secret.encode() not in store


def test_why_somebody_broke_the_glass_is_in_the_audit_and_nowhere_else(ran):
    ask = Asking(ran.hub, ran.tokens["operator"])
    key = ran.ask["admin"].items("messages")[0]["id"]
    reason = {"Carehub-Reason": SPOKEN}

    assert ask("GET", f"api/v1/messages/{key}/raw")[0] == 403
    assert ask("GET", f"api/v1/messages/{key}/raw", **reason)[0] == 200

    kept = ran.hub.query("SELECT reason FROM audit WHERE reason = ?", SPOKEN)
    assert len(kept) > 0
    assert found(ran.hub.log) == []
