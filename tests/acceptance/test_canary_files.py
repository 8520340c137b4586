"""No content of a partner's file leaves by a side door (G24). All of it is made up.

Each cell of a roster and each element of an X12 file holds a marker that names it;
good files and bad ones go through a hub, and then the markers are looked for.
"""

import json

import pytest

from hub.model.files import ExchangeState
from tests.acceptance.conftest import Hubs
from tests.acceptance.marked import DIGITS, STEM, SYSTEM, admission, found, mark
from tests.acceptance.messages import send
from tests.acceptance.process import (
    COMMAND,
    eventually,
    feed,
    folder,
    subscription,
    table,
    unbalanced,
)
from tests.tokens import give

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("own_process")]

COLUMNS = (
    *("member_id", "mrn", "family_name", "given_name", "street", "city", "phone"),
    *("email", "plan", "contract", "programme", "reason", "pcp_name", "patient_id"),
)
DAYS = ("birth_date", "since")
#: What a partner gets back of its own: the keys of its rows, and its file's name.
OWN = {"key", "file", "number"}
ADDRESSES = ("exchanges", "exchanges?direction=in", "partners", "sources")
ROLES = ("viewer", "operator")


def row(number=1, **given):
    """Return a row of markers."""
    cells = {name: mark(name.replace("_", "")) for name in COLUMNS}
    cells |= dict.fromkeys(DAYS, "1970-01-01")
    cells["member_id"] = f"{mark('key')}{DIGITS}{number}"
    cells["mrn"] = f"{mark('mrn')}{DIGITS}{number}"
    return ",".join((cells | given).values())


def roster(*rows, total=None, head=None):
    """Return a roster."""
    head = head or ",".join((*COLUMNS, *DAYS))
    stated = len(rows) if total is None else total
    lines = [head, *rows, f"Total: {stated} {mark('trailer')}"]
    return "\n".join([*lines, ""]).encode()


def many(*wrong):
    """Return a roster of which these rows are wrong, but not too many."""
    return roster(*(row(n) for n in range(len(wrong) * 10)), *wrong)


def rosters():
    """Yield rosters: used, with rows that are refused, and refused as a whole."""
    yield many(
        row(9001, birth_date=mark("noday")),
        row(9002, since=mark("nosince")),
        row(9003, member_id=""),
        f"{mark('ragged')},{mark('raggedtwo')}",
    )
    yield roster(*(row(n) for n in range(20)))  # it loses most of them
    yield roster(row(), total=7)
    yield roster(row(1), row(1, family_name=mark("twice")))
    yield roster(*(row(n, birth_date=mark("wrongday")) for n in range(9)))
    yield roster(row(), head=",".join(map(mark, ("head", "header"))))
    yield roster(row()) + b"\xff\xfe" + mark("bytes").encode()
    yield roster(row())[:-60]
    yield f'"{mark("quoted")}\n{mark("open")}'.encode()
    yield mark("noroster").encode()
    yield b"<!DOCTYPE html>" + mark("page").encode()
    yield b""


def interchange(kind, group, version, *segments, control="000000007"):
    """Return an interchange with one transaction set."""
    blank, ends = " " * 10, f"ZZ*{'PAYER':15}*ZZ*{'HUB':15}"
    lines = [
        f"ISA*00*{blank}*00*{blank}*{ends}*260316*1200*^*00501*{control}*0*P*:",
        f"GS*{group}*PAYER*HUB*20260316*1200*7*X*{version}",
        f"ST*{kind}*0001*{version}",
        *segments,
        f"SE*{len(segments) + 2}*0001",
        "GE*1*7",
        f"IEA*1*{control}",
    ]
    return ("~".join(lines) + "~").encode()


MEMBER = (
    "INS*Y*18*021*28*A***FT",
    f"REF*0F*{mark('key')}{DIGITS}",
    f"REF*1L*{mark('group')}",
    f"NM1*IL*1*{mark('family')}*{mark('given')}****34*{mark('ssn')}",
    f"PER*IP**HP*{mark('phone')}*EM*{mark('email')}",
    f"N3*{mark('street')}",
    f"N4*{mark('city')}*NY*01234",
    "DMG*D8*19700131*M",
    f"HD*021**HLT*{mark('plan')}*IND",
    "DTP*348*D8*20260101",
)
START = (
    f"BGN*00*{mark('reference')}*20260314*0930****2",
    f"N1*P5*{mark('sponsor')}*FI*{mark('sponsorid')}",
    f"N1*IN*{mark('insurer')}*FI*{mark('insurerid')}",
)


def transactions():
    """Yield X12 files: read, refused in part, and refused as a whole."""
    whole = interchange("834", "BE", "005010X220A1", *START, *MEMBER)
    odd = [each.replace("19700131", mark("noday")) for each in MEMBER]
    yield whole
    yield interchange("834", "BE", "005010X220A1", *START, *odd, control="000000008")
    yield interchange("834", "BE", mark("version"), *START, control="000000009")
    yield interchange(mark("kind"), "BE", "005010X220A1", *START, control="000000010")
    yield whole.replace(b"000000007~", mark("control").encode() + b"~")
    yield whole[:-80]
    yield whole.replace(b"PAYER  ", STEM.encode() + b" ")
    ack = ("AK1*HI*12345", f"AK2*278*{mark('set')}", f"IK3*{mark('segment')}*1**8")
    yield interchange(
        "999", "FA", "005010X231A1", *ack, "IK5*R*5", "AK9*R*1*1*0", control="000000011"
    )
    asked = (
        f"BHT*0007*11*{mark('trace')}*20260316*1200*18",
        "HL*1**20*1",
        f"NM1*X3*2*{mark('payername')}*****PI*{mark('payerid')}",
        "HL*2*1*21*1",
        f"NM1*1P*2*{mark('providername')}*****XX*1234567893",
        "HL*3*2*22*1",
        f"NM1*IL*1*{mark('insured')}*{mark('insuredgiven')}****MI*{mark('key')}",
        "HL*4*3*EV*0",
        f"TRN*1*{mark('trn')}*9012345678",
        "UM*AR*I*2*21:B",
        f"HCR*A1*{mark('key')}",
        f"MSG*{mark('message')}",
    )
    yield interchange("278", "HI", "005010X217", *asked, control="000000012")
    yield mark("notx").encode()


def acknowledgements():
    """Yield what the partner says of files that it got, or never got."""
    rows = (mark("ackfile"), mark("word"), mark("code")), (f"{mark('other')}.csv", "A")
    lines = ["file,status,codes", *(",".join(each) for each in rows)]
    yield "\n".join([*lines, ""]).encode()


def source(path, name, normaliser, **keys):
    """Return the table of a folder that the hub looks into."""
    return table(
        f"sources.{name}",
        kind="folder-poller",
        folder=path / name / "inbox",
        normaliser=normaliser,
        poll_seconds=0.05,
        **keys,
    )


class Ran:
    """A hub through which all of it went."""

    def __init__(self, path):
        self.path = path
        self.hubs = Hubs(path)
        # Tokens are put into a store that no hub has: it counts its audit itself.
        self.hubs.start(*self._tables()).terminate()
        database = self.hubs.data_dir / "carehub.sqlite3"
        self.tokens = {role: give(database, role) for role in (*ROLES, "admin")}
        self.hub = self.hubs.start(*self._tables(), command=(*COMMAND, *DEBUG))
        self.dropped = 0
        self._drop()
        self._decide()
        eventually(self._answered, self.hub)
        self.hub.quiet()

    def _tables(self):
        profile = {
            "semantics": "full",
            "system": "PAYER",
            "trailer": "Total: (?P<count>[0-9]+).*",
            "columns": {name: name for name in (*COLUMNS, *DAYS)},
            "identifiers": {"mrn": {"system": SYSTEM, "type": "MR"}},
        }
        columns = {"file": "file", "status": "status", "codes": "codes"}
        return (
            feed(),
            source(
                self.path,
                "rosters",
                "roster-csv",
                profile=profile,
                gate={"panel": "members", "max_errors": 0.5},
            ),
            source(self.path, "edi", "x12"),
            source(self.path, "acks", "ack-csv", profile={"columns": columns}),
            table("panels.members"),
            folder(self.path / "told", "told", format="notification-csv"),
            table("recipients.told", sector="payer", purposes=["payment"]),
            subscription("told", panel="members", purpose="payment"),
        )

    def _drop(self):
        """Put down all files, one after the other, under names with markers."""
        for name, files in (
            ("rosters", rosters()),
            ("edi", transactions()),
            ("acks", acknowledgements()),
        ):
            for number, content in enumerate(files):
                inbox = self.path / name / "inbox"
                inbox.mkdir(parents=True, exist_ok=True)
                unfinished = inbox / "next.tmp"
                unfinished.write_bytes(content)
                unfinished.rename(inbox / f"{mark('file')}-{number}.csv")
                self.dropped += 1
                eventually(self._judged, self.hub)
        assert send(self.hub.address(), admission()) == ["AA"]

    def _judged(self):
        sql = "SELECT count(*) FROM exchange WHERE checked_at IS NOT NULL"
        return self.hub.query(f"{sql} AND direction = 'in'") == [(self.dropped,)]

    def _decide(self):
        held = self.hub.query("SELECT id FROM exchange WHERE state = 'held'")
        assert held
        decisions = ["approve"] + ["reject"] * len(held)
        for (key,), decision in zip(held, decisions, strict=False):
            said = {"by": "ines", "reason": mark("why")}
            path = f"exchanges/{key}/{decision}"
            status, answer = self.ask("admin", "POST", path, json.dumps(said).encode())
            assert status == 200, answer

    def _answered(self):
        sql = "SELECT count(*) FROM exchange WHERE direction = 'in'"
        owed = self.hub.query(f"{sql} AND answered_at IS NULL")
        return owed == [(0,)]

    def ask(self, role, method, path, body=b""):
        """Return the status and the body of an answer."""
        given = {"Authorization": f"Bearer {self.tokens[role]}"}
        return self.hub.request(method, f"/api/v1/{path}", body, **given)

    def files(self):
        """Return the ids of all files."""
        return [key for (key,) in self.hub.query("SELECT id FROM exchange")]


DEBUG = ("--log-level", "debug")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    ran = Ran(tmp_path_factory.mktemp("marked"))
    try:
        yield ran
    finally:
        ran.hubs.close()
    assert unbalanced(ran.hubs.data_dir) == []
    assert found(ran.hub.log) == []


def test_files_ended_in_every_way(ran):
    states = {state for (state,) in ran.hub.query("SELECT state FROM exchange")}

    assert states >= {ExchangeState.APPLIED, ExchangeState.REJECTED}
    codes = {code for (code,) in ran.hub.query("SELECT code FROM exchange_row")}
    assert len(codes) >= 3


def test_a_response_has_the_keys_of_rows_and_nothing_else(ran):
    answers = list(ran.path.glob("*/outbox/*"))

    assert len(answers) >= ran.dropped
    shown = {each.name: set(found(each.read_bytes())) - OWN for each in answers}
    # A 999 names what it answers: GS08 in AK1, ST01 in AK2.
    shown = {
        name: marks - {"version", "kind"} if name.endswith(".999") else marks
        for name, marks in shown.items()
    }
    assert {name: marks for name, marks in shown.items() if marks} == {}


def test_no_file_of_ours_is_named_after_content(ran):
    places = (ran.hubs.data_dir, ran.path / "told", *ran.path.glob("*/outbox"))
    names = [path.name for place in places for path in place.rglob("*")]

    assert [name for name in names if found(name)] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_api_shows_no_content_to_those_who_may_not_see_it(ran, role):
    paths = [*ADDRESSES]
    paths += [f"exchanges/{key}{more}" for key in ran.files() for more in ("", "/rows")]
    shown = {path: found(ran.ask(role, "GET", path)[1]) for path in paths}

    assert {path: marks for path, marks in shown.items() if marks} == {}


@pytest.mark.parametrize("role", ROLES)
def test_the_bytes_of_files_and_replies_are_not_for_them(ran, role):
    for key in ran.files():
        for more in ("raw", "replies/1"):
            status, answer = ran.ask(role, "GET", f"exchanges/{key}/{more}")

            assert status in {403, 404}
            assert found(answer) == []


@pytest.mark.parametrize("role", ROLES)
def test_a_comparison_shows_them_no_keys(ran, role):
    body = json.dumps({"by": "", "count": 3}).encode()

    _, answer = ran.ask(role, "POST", "partners/rosters/reconcile", body)

    assert found(answer) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_errors_repeat_nothing_that_was_asked(ran, method):
    paths = [f"exchanges/{mark('asked')}{more}" for more in ("", "/raw", "/approve")]
    paths += [f"exchanges?state={mark('asked')}", f"partners/{mark('asked')}/reconcile"]

    for path in paths:
        assert found(ran.ask("admin", method, path)[1]) == []


def test_metrics_have_no_content(ran):
    assert found(ran.hub.request("GET", "/metrics")[1]) == []
