"""Manifest and marker on a server: after the file, and also after a cut. Synthetic."""

import asyncssh

from hub.sdk import Outcome

ENDINGS = {"manifest_suffix": ".sha256", "marker_suffix": ".done"}
NAMES = ["batch-1.csv", "batch-1.csv.done", "batch-1.csv.sha256"]


async def test_the_marker_appears_after_all_others(server, writer_to, make_artifact):
    seen = []

    async def note(_files):
        seen.append(server.names())

    server.faults["posix_rename"] = note
    receipt = await writer_to(server, **ENDINGS).send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED
    assert server.names() == NAMES
    assert ["batch-1.csv" in names for names in seen] == [False, True, True]
    assert ["batch-1.csv.done" in names for names in seen] == [False] * 3
    assert "batch-1.csv.sha256" in seen[-1]


async def test_after_a_cut_only_what_is_missing_comes(server, writer_to, make_artifact):
    """What the partner sees under a name never changes (F68)."""
    renamed = 0

    async def cut_at_the_second(files):
        nonlocal renamed
        renamed += 1
        if renamed == 2:
            await server.cut(files)

    server.faults["posix_rename"] = cut_at_the_second
    writer = writer_to(server, **ENDINGS)
    first = await writer.send(make_artifact())
    before = (server.root / "batch-1.csv").stat().st_ino
    second = await writer.send(make_artifact(attempt=2))

    assert first.outcome is Outcome.UNKNOWN
    assert second.outcome is Outcome.ACCEPTED
    assert (server.root / "batch-1.csv").stat().st_ino == before
    assert server.names() == NAMES


async def test_a_further_attempt_finds_all_of_it(server, writer_to, make_artifact):
    writer = writer_to(server, **ENDINGS)
    await writer.send(make_artifact())
    written = server.written
    receipt = await writer.send(make_artifact(attempt=2))

    assert receipt.evidence.startswith("already there, ")
    assert server.written == written


async def test_the_receipt_says_the_name_where_a_template_makes_it(
    server, writer_to, make_artifact
):
    writer = writer_to(server, file_name="{kind}_{id}", containers=["gz"])
    receipt = await writer.send(make_artifact(kind="census"))

    assert receipt.evidence.startswith("stored as census_batch-1.csv.gz, ")
    assert server.names() == ["census_batch-1.csv.gz"]


async def test_no_marker_comes_where_the_file_does_not(
    server, writer_to, make_artifact
):
    async def deny(_files):
        raise asyncssh.SFTPPermissionDenied("synthetic")

    server.faults["posix_rename"] = server.faults["rename"] = deny
    receipt = await writer_to(server, **ENDINGS).send(make_artifact())

    assert receipt.outcome is Outcome.RETRYABLE
    assert server.names() == []
