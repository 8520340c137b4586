"""What goes out is named, wrapped and announced as the settings say. Synthetic."""

import gzip
import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from structlog.testing import capture_logs

from hub.sdk import Artifact, HubError, Outcome
from hub_sftp.containers import unwrap
from hub_sftp.containers.settings import ContainerSettings
from hub_sftp.folder import Folder
from hub_sftp.outgoing import outgoing
from hub_sftp.settings import FolderSettings

BODY = b"event,member\nadmitted,SYN-0001\ndischarged,SYN-0002\n"
TEMPLATE = "{sender}_{receiver}_{kind}_{period}_{created}_{sequence}_{mode}"
WHEN = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
NAMED = "hub_payer-a_census_20260228_20260228T233000Z_000042_P"


def artifact(**changes):
    given = {
        "id": "batch-1",
        "body": BODY,
        "media_type": "text/csv",
        "suffix": ".csv",
        "kind": "census",
        "number": 42,
        "numbered_at": WHEN,
    }
    return Artifact(**{**given, **changes})


@pytest.fixture
def settings(tmp_path):
    def make(**changes):
        given = {"kind": "folder", "format": "notification-csv", "sender": "hub"}
        given |= {"partner": "Payer A", "receiver": "payer-a"}
        return FolderSettings(folder=tmp_path / "out", **(given | changes))

    return make


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_name_is_made_by_the_template(settings):
    (file,) = outgoing(artifact(), settings(file_name=TEMPLATE))

    assert file.name == f"{NAMED}.csv"
    assert file.body == BODY


def test_the_containers_are_in_the_ending(settings):
    file, *_ = outgoing(artifact(), settings(file_name=TEMPLATE, containers=["gz"]))

    assert file.name == f"{NAMED}.csv.gz"


def test_without_a_template_the_name_is_the_id(settings):
    (file,) = outgoing(artifact(), settings())

    assert file.name == "batch-1.csv"


@pytest.mark.parametrize("lacks", [{"number": 0}, {"numbered_at": None}])
def test_without_a_number_the_name_is_the_id(settings, lacks):
    """The same at each attempt, and never that of another artifact."""
    (file,) = outgoing(artifact(**lacks), settings(file_name=TEMPLATE))

    assert file.name == "batch-1.csv"


def test_a_template_of_the_id_needs_no_number(settings):
    made = settings(file_name="{receiver}.{kind}.{id}.{mode}", mode="T", receiver="")
    (file,) = outgoing(artifact(number=0, numbered_at=None, kind=""), made)

    assert file.name == "Payer-A.file.batch-1.T.csv"


@pytest.mark.parametrize(
    "template",
    [
        "{sender}",
        "static",
        "{id} {mode}",
        "../{id}",
        "{id}/x",
        "{id!r}",
        "{id:>9}",
        "{member}",
        "{id.__class__}",
        "{id",
        "ä{id}",
        "{}",
    ],
)
def test_a_template_that_may_give_no_safe_name_of_its_own_is_refused(
    settings, template
):
    with pytest.raises(ValidationError):
        settings(file_name=template)


@pytest.mark.parametrize(
    "changes",
    [
        {"file_name": TEMPLATE, "sender": ""},
        {"file_name": TEMPLATE, "receiver": "", "partner": ""},
        {"sender": "a b"},
        {"receiver": "../x"},
        {"marker_suffix": "done"},
        {"marker_suffix": "./x"},
        {"marker_suffix": ".done", "manifest_suffix": ".done"},
        {"containers": ["gz", "gz"]},
        {"containers": ["pgp"]},
        {"containers": ["tar"]},
    ],
)
def test_settings_that_lead_nowhere_are_refused(settings, changes):
    with pytest.raises(ValidationError):
        settings(**changes)


@pytest.mark.parametrize("template", ["{id}.part", ".{id}", "x..{id}"])
def test_a_name_that_readers_would_overlook_is_refused(settings, template):
    made = settings(file_name=template)

    with pytest.raises(HubError) as caught:
        outgoing(artifact(suffix=""), made)
    assert caught.value.code == "SFTP-018"


@given(
    st.text(max_size=20),
    st.integers(1, 10**9),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["", ".csv", ".x12"]),
)
def test_a_name_has_only_safe_characters(tmp_path_factory, kind, number, when, suffix):
    given = {"kind": "folder", "format": "x", "sender": "hub", "partner": "Ä. & Co"}
    folder = tmp_path_factory.getbasetemp()
    made = FolderSettings(folder=folder, file_name=TEMPLATE, **given)
    one = artifact(kind=kind, number=number, numbered_at=when, suffix=suffix)
    try:
        (file,) = outgoing(one, made)
    except HubError:
        return

    assert re.fullmatch(r"[A-Za-z0-9_.-]+", file.name)
    assert f"_{number:06}_" in file.name


@pytest.mark.parametrize("containers", [["gz"], ["zip"], ["gz", "zip"], ["zip", "gz"]])
def test_what_is_wrapped_has_the_same_bytes_each_time_and_opens(
    settings, containers, tmp_path
):
    made = settings(containers=containers)
    first, second = (outgoing(artifact(), made)[0].body for _ in range(2))
    path = tmp_path / "came"
    path.write_bytes(first)
    opening = ContainerSettings(containers=containers[::-1])
    (inner,) = unwrap(path, tmp_path, opening)

    assert first == second
    assert inner.read_bytes() == BODY


def test_the_marker_comes_last_and_says_how_much_there_is(settings):
    made = settings(marker_suffix=".done", manifest_suffix=".sha256", containers=["gz"])
    data, manifest, marker = outgoing(artifact(), made)
    digest = hashlib.sha256(data.body).hexdigest()

    assert manifest.name == "batch-1.csv.gz.sha256"
    assert manifest.body == f"{digest}  batch-1.csv.gz\n".encode()
    assert marker.name == "batch-1.csv.gz.done"
    assert marker.body == f"count=3\nsha256={digest}\n".encode()


@pytest.mark.parametrize(
    ("body", "count"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2)]
)
def test_the_last_line_counts_with_and_without_its_end(settings, body, count):
    _, marker = outgoing(artifact(body=body), settings(marker_suffix=".done"))

    assert marker.body.startswith(f"count={count}\n".encode())


# Into a folder


async def test_a_folder_gets_all_files_and_the_receipt_names_the_first(
    settings, tmp_path
):
    made = settings(file_name=TEMPLATE, marker_suffix=".done")
    receipt = await Folder(made).send(artifact())

    assert receipt.evidence == f"stored as {NAMED}.csv, {len(BODY)} bytes"
    assert names(tmp_path / "out") == [f"{NAMED}.csv", f"{NAMED}.csv.done"]


async def test_a_marker_that_is_due_still_comes(settings, tmp_path):
    folder = Folder(settings(marker_suffix=".done"))
    await folder.send(artifact())
    (tmp_path / "out" / "batch-1.csv.done").unlink()
    before = (tmp_path / "out" / "batch-1.csv").stat().st_ino
    receipt = await folder.send(artifact(attempt=2))
    again = await folder.send(artifact(attempt=3))

    assert receipt.evidence == f"stored, {len(BODY)} bytes"
    assert again.evidence == f"already there, {len(BODY)} bytes"
    assert (tmp_path / "out" / "batch-1.csv").stat().st_ino == before


async def test_what_pgp_made_before_is_not_made_again(
    settings, tmp_path, us, payer, pgp_of
):
    pgp, out = pgp_of(us, payer), tmp_path / "out"
    folder = Folder(settings(containers=["gz", "pgp"], pgp=pgp))
    await folder.send(artifact())
    first = (out / "batch-1.csv.gz.pgp").read_bytes()
    receipt = await folder.send(artifact(attempt=2))

    assert receipt.evidence.startswith("already there, ")
    assert (out / "batch-1.csv.gz.pgp").read_bytes() == first
    shown = payer.gpg("--decrypt", body=first)
    assert gzip.decompress(shown) == BODY


async def test_a_marker_says_what_is_in_the_file_that_pgp_made(
    settings, tmp_path, us, payer, pgp_of
):
    pgp, out = pgp_of(us, payer), tmp_path / "out"
    folder = Folder(settings(containers=["pgp"], pgp=pgp, marker_suffix=".done"))
    await folder.send(artifact())
    (out / "batch-1.csv.pgp.done").unlink()
    await folder.send(artifact(attempt=2))
    receipt = await folder.send(artifact(attempt=3))

    digest = hashlib.sha256((out / "batch-1.csv.pgp").read_bytes()).hexdigest()
    assert digest in (out / "batch-1.csv.pgp.done").read_text()
    assert receipt.evidence.startswith("already there, ")


async def test_something_else_in_the_place_of_what_pgp_makes_is_kept(
    settings, tmp_path, us, payer, pgp_of
):
    out = tmp_path / "out"
    out.mkdir()
    (out / "batch-1.csv.pgp").write_bytes(b"something else")
    folder = Folder(settings(containers=["pgp"], pgp=pgp_of(us, payer)))
    receipt = await folder.send(artifact())

    assert (receipt.outcome, receipt.error_code) == (Outcome.PERMANENT, "FOLDER-005")


async def test_a_key_that_cannot_be_used_blames_the_route(
    settings, tmp_path, us, payer, pgp_of
):
    pgp = pgp_of(us, payer, fingerprint="0" * 40)
    folder = Folder(settings(containers=["pgp"], pgp=pgp))
    receipt = await folder.send(artifact())

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "PGP-003")
    assert receipt.blames_route
    assert not (tmp_path / "out").exists()


# Onto a server


async def test_what_pgp_made_is_on_the_server_once(
    server, writer_to, us, payer, pgp_of
):
    settings = {"containers": ["gz", "pgp"], "pgp": pgp_of(us, payer)}
    writer = writer_to(server, marker_suffix=".done", **settings)
    first = await writer.send(artifact())
    name = "batch-1.csv.gz.pgp"
    sealed = (server.root / name).read_bytes()
    second = await writer.send(artifact(attempt=2))
    (server.root / f"{name}.done").unlink()
    third = await writer.send(artifact(attempt=3))

    assert first.outcome is third.outcome is Outcome.ACCEPTED
    assert second.evidence.startswith("already there, ")
    assert gzip.decompress(payer.gpg("--decrypt", body=sealed)) == BODY
    digest = hashlib.sha256((server.root / name).read_bytes()).hexdigest()
    assert digest in (server.root / f"{name}.done").read_text()
    assert server.names() == [name, f"{name}.done"]


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ({}, "127.0.0.1"),
        ({"receiver": "PAYER1"}, "PAYER1"),
        ({"receiver": "PAYER1", "partner": "payer-a"}, "payer-a"),
    ],
)
async def test_a_key_that_expires_is_said_with_the_first_file(
    server, writer_to, us, party, pgp_of, named, shown
):
    partner = party("soon", expires="5d")
    settings = {"containers": ["pgp"], "pgp": pgp_of(us, partner)}
    with capture_logs() as logs:
        await writer_to(server, **settings, **named).send(artifact())

    said = [log for log in logs if log["event"] == "key.expires"]
    assert [(log["alarm"], log["owner"]) for log in said] == [(7, "partner")]
    assert said[0]["partner"] == shown


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ({}, "Payer A"),
        ({"partner": ""}, "payer-a"),
        ({"partner": "", "receiver": ""}, "out"),
    ],
)
async def test_whose_key_expires_is_said_for_a_folder_too(
    settings, us, party, pgp_of, named, shown
):
    keys = pgp_of(us, party("soon", expires="5d"))
    folder = Folder(settings(containers=["pgp"], pgp=keys, **named))
    with capture_logs() as logs:
        await folder.send(artifact())

    said = [log for log in logs if log["event"] == "key.expires"]
    assert [(log["alarm"], log["partner"]) for log in said] == [(7, shown)]
