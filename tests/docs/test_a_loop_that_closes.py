"""A loop that closes: the page shows what happens, and to whom it is told."""

import asyncio
import functools
from contextlib import closing
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

import hub_community.page.server as page_server
from hub.config import load
from plugins.community.tests.mail.servers import serving
from tests.acceptance.hl7_receiver import Hl7Receiver
from tests.docs.hearing import MovedHub
from tests.docs.looping import ACT, HEARD, Player, Step, Worker, sections
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports

PAGE = ROOT / "docs/explanation/a-loop-that-closes.md"
TEXT = PAGE.read_text(encoding="utf-8")
STORY = sections(TEXT)
SECRET = "made-up secret of the page, which is long enough"
#: What is done and shows nothing of itself.
DONE = {"hl7", "json", ACT}
SHOWN = [
    (section, step)
    for section in STORY
    for step in section.steps
    if step.kind not in DONE
]


class Played(NamedTuple):
    """What really was so at each step, what went out by mail, and to the payer."""

    shown: dict[Step, str]
    mails: list[bytes]
    notices: list[str]
    logs: list


class PageHub(MovedHub):
    """A hub of which it is known where its page is."""

    logs: list

    def page_address(self):
        (address,) = (
            each["address"]
            for each in self.logs
            if each.get("connector") == "referral-page" and "address" in each
        )
        return address

    def referral_keys(self):
        with closing(self.store.reader()) as reader:
            rows = reader.execute("SELECT key FROM referral").fetchall()
        return [key for (key,) in rows]


def configuration(folder, mail_port, hospital_port):
    """Write the files of the page, with what there is on this machine."""
    [tables] = blocks(PAGE, "toml")
    admin, mllp = free_ports(2)
    text = tables.text.replace(
        'host = "mail.example.org"',
        f'host = "127.0.0.1", port = {mail_port}, security = "none"',
    )
    for shown, real in {
        "https://referrals.example.org": "http://127.0.0.1",
        "port = 8083": "port = 0",
        "port = 2575": f"port = {mllp}",
        "port = 2600": f"port = {hospital_port}",
    }.items():
        text = text.replace(shown, real)
    own = f'[hub]\ndata_dir = "../data"\npipeline = "thread"\n[admin]\nport = {admin}\n'
    (folder / "config/directory").mkdir(parents=True)
    for block in blocks(PAGE, "csv", "json"):
        if block.file.startswith(("panel", "directory")):
            (folder / "config" / block.file).write_text(block.text)
    path = folder / "config/hub.toml"
    path.write_text(own + text)
    return path


async def told(folder, registry):
    """Play the page; return what was so, and the mails."""
    with closing(Hl7Receiver()) as hospital:
        async with serving() as mails:
            config = load(configuration(folder, mails.port, hospital.port), registry)
            with capture_logs() as logs:
                hub = PageHub(config, registry, STORY[0].now)
                hub.logs = logs
                page = functools.partial(page_server.ReferralPage, clock=hub.now)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(page_server, "ReferralPage", page)
                    worker = Worker(mails, "Erin Made-Up")
                    player = Player(hub, folder, hospital, worker)
                    found = await player.play(STORY)
            return Played(
                dict(found), [*mails.bodies, *mails.mails], player.notices, logs
            )


@pytest.fixture(scope="module")
def played(registry, tmp_path_factory):
    """Play the page once."""
    folder = tmp_path_factory.mktemp("loop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "200")
        patch.setenv("REFERRAL_LINK_SECRET", SECRET)
        return asyncio.run(told(folder, registry))


def name_of(value):
    return getattr(value, "title", None) or getattr(value, "kind", None)


@pytest.mark.parametrize(("section", "step"), SHOWN, ids=name_of)
def test_the_page_shows_what_is_so(section, step, played):
    assert step.text == played.shown[step], section.title


def test_every_block_of_the_page_is_played():
    steps = [step for section in STORY for step in section.steps]
    tables = [line for line in TEXT.splitlines() if line.startswith("| ---")]
    before = [*blocks(PAGE, "toml", "csv"), *blocks(PAGE, "json")[:1]]
    fenced = [step for step in steps if step.kind in {"hl7", "json", "console", "text"}]

    assert len(fenced) == len(blocks(PAGE)) - len(before)
    assert len(tables) == len(steps) - len(fenced)


def test_each_step_reaches_the_hospital_and_the_loop_is_closed(played):
    told = "\n".join(real for step, real in played.shown.items() if step.kind == HEARD)
    states = [line.split("^")[5] for line in told.splitlines() if "99CAREHUB" in line]

    assert states == [
        *("received", "accepted", "scheduled", "accepted", "scheduled", "completed")
    ]
    assert "closed_by_requester" in repr(played.shown)


@pytest.mark.parametrize(
    "secret", ["Sample", "Zoë", "90001", "R-77", "food", "Elm", "parcel"]
)
def test_neither_a_mail_nor_the_log_says_anything_of_anybody(secret, played):
    mails = b"".join(played.mails).decode().replace("food-bank", "")

    assert mails.count("/r/") >= 2
    assert secret not in mails
    assert secret not in repr(played.logs).replace("food-bank", "")


@pytest.mark.parametrize(
    "secret", ["3WEST", "V100", "1948", "90001", "88122", "Muster"]
)
def test_the_food_bank_reads_no_more_than_it_needs(secret, played):
    [page] = [
        real
        for step, real in played.shown.items()
        if step.kind == "text" and step.text.startswith("Referral")
    ]

    assert "Zoë Sample" in page
    assert secret not in page


@pytest.mark.parametrize("secret", ["ride", "A parcel", "88122", "FB-1"])
def test_the_payer_is_told_nothing_in_words(secret, played):
    assert len(played.notices) == 2
    assert secret not in "".join(played.notices)
