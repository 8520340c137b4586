"""Containers are opened in their order, and refused where anything is wrong.

The numbers are those of the catalogue of bad input, reliability 3.6 and 3.3.
"""

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.sdk import HubError
from hub_sftp.containers import unwrap
from hub_sftp.containers.magic import magic_of
from hub_sftp.containers.settings import ContainerSettings

BODY = b"member,since\nSYN-0001,2026-01-01\nSYN-0002,2026-02-01\n"
MEBIBYTE = 1 << 20


def zipped(*bodies, **names):
    """Return an archive with `bodies` in it as 0.csv and so on."""
    archive = io.BytesIO()
    files = {f"{number}.csv": body for number, body in enumerate(bodies)} | names
    with zipfile.ZipFile(archive, "w") as opened:
        for name, body in files.items():
            # Of no time, so that it is the same archive whenever it is made.
            opened.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def entry(name, body=BODY, **changes):
    """Return an archive with one entry whose header says what `changes` says."""
    archive = io.BytesIO()
    info = zipfile.ZipInfo(name)
    for key, value in changes.items():
        setattr(info, key, value)
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(info, body)
    return archive.getvalue()


def patched(archive, old, new):
    assert len(old) == len(new)
    assert old in archive
    return archive.replace(old, new)


def fails(path, place, settings, code):
    with pytest.raises(HubError) as caught:
        unwrap(path, place, settings)

    assert caught.value.code == code, str(caught.value)
    assert list(place.iterdir()) == []


def test_without_containers_it_is_the_file_itself(wrapped, place, settings):
    path = wrapped(BODY)

    assert list(unwrap(path, place, settings())) == [path]


def test_containers_are_opened_from_the_outside_inwards(wrapped, place, settings):
    path = wrapped(gzip.compress(zipped(BODY, b"more")))

    inner = unwrap(path, place, settings("gz", "zip"))

    assert [each.read_bytes() for each in inner] == [BODY, b"more"]
    assert path.exists()


def test_a_container_for_each_file_of_an_archive(wrapped, place, settings):
    path = wrapped(zipped(gzip.compress(b"one"), gzip.compress(b"two")))

    inner = unwrap(path, place, settings("zip", "gz"))

    assert [each.read_bytes() for each in inner] == [b"one", b"two"]
    assert len([each for each in place.rglob("*") if each.is_file()]) == 2


def test_what_is_unpacked_is_for_its_owner_only(wrapped, place, settings):
    (inner,) = unwrap(wrapped(gzip.compress(BODY)), place, settings("gz"))

    assert stat.S_IMODE(inner.stat().st_mode) == 0o600


# 6. gzip


@pytest.mark.parametrize("count", [1, 2, 50])
def test_all_members_of_a_gzip_file_are_read(wrapped, place, settings, count):
    path = wrapped(gzip.compress(BODY) * count)

    (inner,) = unwrap(path, place, settings("gz"))

    assert inner.read_bytes() == BODY * count


def test_zeros_that_fill_a_block_after_gzip_are_ignored(wrapped, place, settings):
    path = wrapped(gzip.compress(BODY) + bytes(100_000))

    (inner,) = unwrap(path, place, settings("gz"))

    assert inner.read_bytes() == BODY


@pytest.mark.parametrize("more", [b"garbage", b"\0\0x", bytes(70_000) + b"x"])
def test_garbage_after_gzip_is_refused(wrapped, place, settings, more):
    fails(wrapped(gzip.compress(BODY) + more), place, settings("gz"), "CONTAINER-002")


@pytest.mark.parametrize("at", [-8, -1])
def test_a_wrong_checksum_or_length_of_gzip_is_refused(wrapped, place, settings, at):
    body = bytearray(gzip.compress(BODY))
    body[at] ^= 1

    fails(wrapped(bytes(body)), place, settings("gz"), "CONTAINER-002")


def test_a_gzip_file_is_refused_wherever_it_is_cut(tmp_path, place, settings):
    whole = gzip.compress(os.urandom(200), mtime=0)
    path = tmp_path / "cut"
    for length in range(2, len(whole)):
        path.write_bytes(whole[:length])
        fails(path, place, settings("gz"), "CONTAINER-002")


def test_a_gzip_bomb_is_refused_before_it_fills_the_disk(wrapped, place, settings):
    bomb = gzip.compress(bytes(40 * MEBIBYTE))

    fails(wrapped(bomb), place, settings("gz"), "CONTAINER-003")


def test_the_limit_of_size_holds_at_the_limit(wrapped, place, settings):
    limits = settings("gz", max_unpacked_mebibytes=1)
    body = os.urandom(MEBIBYTE)

    (inner,) = unwrap(wrapped(gzip.compress(body)), place, limits)
    assert inner.stat().st_size == MEBIBYTE
    inner.unlink()
    fails(wrapped(gzip.compress(body + b"x")), place, limits, "CONTAINER-003")


def test_a_bomb_within_a_container_is_refused(wrapped, place, settings):
    bomb = gzip.compress(gzip.compress(bytes(40 * MEBIBYTE)))

    fails(wrapped(bomb), place, settings("gz", "gz"), "CONTAINER-003")


@pytest.mark.parametrize("container", ["gz", "zip"])
def test_memory_does_not_grow_with_the_file(wrapped, place, settings, container):
    body = os.urandom(1024) * (32 * 1024)
    packed = gzip.compress(body, 1) if container == "gz" else zipped(body)
    path, limits = wrapped(packed), settings(container, max_ratio=2000)
    tracemalloc.start()
    try:
        unwrap(path, place, limits)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 4 * MEBIBYTE


# 7. zip


def test_names_in_an_archive_are_never_used(wrapped, place, settings):
    body = zipped(**{"-rf": b"one", "CON": b"two", "ä.csv": b"three", "a\\b": b"four"})

    inner = unwrap(wrapped(body), place, settings("zip"))

    assert [each.read_bytes() for each in inner] == [b"one", b"two", b"three", b"four"]
    assert [each.name for each in inner] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "..", "/etc/x", "..\\x", "C:\\x", "c:x", "a\x1b", "a\nb"],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(
    wrapped, place, settings, name
):
    fails(wrapped(entry(name)), place, settings("zip"), "CONTAINER-004")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_an_archive_are_refused(wrapped, place, settings, kind):
    body = entry("link", external_attr=(kind | 0o777) << 16, create_system=3)

    fails(wrapped(body), place, settings("zip"), "CONTAINER-004")


def test_entries_that_overlap_are_refused(wrapped, place, settings):
    body = zipped(BODY, BODY)
    second = body.rindex(b"PK\x01\x02")
    # Both entries of the directory lead to the first local header.
    body = bytearray(body)
    body[second + 42 : second + 46] = bytes(4)
    body[second + 46 : second + 51] = b"0.csv"
    body[body.index(b"PK\x01\x02") + 46] = ord("0")

    fails(wrapped(bytes(body)), place, settings("zip"), "CONTAINER-004")


def test_entries_of_one_place_under_two_names_are_refused(wrapped, place, settings):
    body = bytearray(zipped(BODY, BODY))
    second = body.rindex(b"PK\x01\x02")
    body[second + 42 : second + 46] = bytes(4)

    fails(wrapped(bytes(body)), place, settings("zip"), "CONTAINER-004")


def test_an_archive_in_an_archive_is_not_opened_by_itself(wrapped, place, settings):
    """As an archive that holds itself would be, again and again."""
    fails(wrapped(zipped(zipped(BODY))), place, settings("zip"), "CONTAINER-007")


def test_the_limit_of_entries_holds_at_the_limit(wrapped, place, settings):
    path = wrapped(zipped(*[b"x"] * 4))

    fails(path, place, settings("zip", max_entries=3), "CONTAINER-009")
    assert len(unwrap(path, place, settings("zip", max_entries=4))) == 4


def test_65536_entries_are_refused_before_they_are_read(wrapped, place, settings):
    record = zipfile.structEndArchive
    count = 65_536
    end64 = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, 46 * count, 4
    )
    head = b"PK\x03\x04" + bytes(46 * count)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(head), 1)
    end = struct.pack(record, b"PK\5\6", 0, 0, 65535, 65535, 46 * count, 4, 0)
    path = wrapped(head + end64 + locator + end)

    fails(path, place, settings("zip"), "CONTAINER-009")


def test_a_directory_that_says_fewer_entries_than_it_has_is_refused(
    wrapped, place, settings
):
    body = bytearray(zipped(BODY, BODY, BODY))
    body[-14:-10] = b"\x01\x00\x01\x00"

    fails(wrapped(bytes(body)), place, settings("zip"), "CONTAINER-004")


def test_an_archive_with_a_password_is_refused(wrapped, place, settings):
    body = bytearray(zipped(BODY))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(start) + at] |= 1

    fails(wrapped(bytes(body)), place, settings("zip"), "CONTAINER-005")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_uncommon_compression_is_refused(wrapped, place, settings, method):
    body = entry("a.csv", compress_type=method)

    fails(wrapped(body), place, settings("zip"), "CONTAINER-005")


@pytest.mark.parametrize("flag", [0, 0x800])
def test_names_in_either_encoding_are_read(wrapped, place, settings, flag):
    name = "liste-ä.csv".encode("utf-8" if flag else "cp437")
    stand_in = b"liste-" + b"_" * (len(name) - 10) + b".csv"
    body = bytearray(patched(entry(stand_in.decode()), stand_in, name))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = body.index(start) + at
        body[where : where + 2] = flag.to_bytes(2, "little")

    (inner,) = unwrap(wrapped(bytes(body)), place, settings("zip"))

    assert inner.read_bytes() == BODY


def test_a_name_that_is_not_what_its_encoding_says_is_refused(wrapped, place, settings):
    body = patched(entry("liste-ä.csv"), "ä".encode(), b"\xff\xff")

    fails(wrapped(body), place, settings("zip"), "CONTAINER-002")


def test_two_entries_of_one_name_are_refused(wrapped, place, settings):
    body = patched(zipped(BODY, b"other"), b"1.csv", b"0.csv")

    fails(wrapped(body), place, settings("zip"), "CONTAINER-004")


@pytest.mark.parametrize(
    ("at", "value"),
    [(6, 0x01), (8, 0x00), (14, 0xFF), (18, 0x01), (22, 0x01), (30, 0x58)],
    ids=["flags", "method", "crc", "packed", "size", "name"],
)
def test_a_local_header_that_differs_is_refused(wrapped, place, settings, at, value):
    body = bytearray(zipped(BODY))
    body[at] = value

    fails(wrapped(bytes(body)), place, settings("zip"), "CONTAINER-004")


def test_an_entry_with_its_sizes_behind_it_is_read(wrapped, place, settings):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    archive = Pipe()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.csv", BODY)
        opened.writestr("b.csv", BODY)

    inner = unwrap(wrapped(archive.getvalue()), place, settings("zip"))

    assert [each.read_bytes() for each in inner] == [BODY, BODY]


def test_an_archive_with_64_bit_sizes_is_read(wrapped, place, settings):
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w") as opened,
        opened.open("a.csv", "w", force_zip64=True) as inside,
    ):
        inside.write(BODY)

    (inner,) = unwrap(wrapped(archive.getvalue()), place, settings("zip"))

    assert inner.read_bytes() == BODY


def test_folders_and_what_finder_adds_are_left_out(wrapped, place, settings):
    body = zipped(**{"d/": b"", "d/a.csv": BODY, "__MACOSX/d/._a.csv": b"\0\5\x16\7"})

    (inner,) = unwrap(wrapped(body), place, settings("zip"))

    assert inner.read_bytes() == BODY


def test_an_archive_with_nothing_in_it_is_refused(wrapped, place, settings):
    fails(wrapped(zipped()), place, settings("zip"), "CONTAINER-010")


def test_a_zip_bomb_is_refused_by_what_it_says(wrapped, place, settings):
    body = zipped(*[bytes(10 * MEBIBYTE)] * 4)

    fails(wrapped(body), place, settings("zip"), "CONTAINER-003")


def test_a_zip_bomb_is_refused_where_it_lies_about_its_size(wrapped, place, settings):
    real = (10 * MEBIBYTE).to_bytes(4, "little")
    body = patched(zipped(bytes(10 * MEBIBYTE)), real, b"\x64\0\0\0")

    fails(wrapped(body), place, settings("zip"), "CONTAINER-002")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body[:-5], "CONTAINER-002"),
        (lambda body: body[: len(body) // 2], "CONTAINER-002"),
        (lambda body: body + b"more", "CONTAINER-002"),
        (lambda body: body + body[-22:], "CONTAINER-004"),
        (lambda body: body[:40] + b"\0" + body[41:], "CONTAINER-002"),
        (lambda body: body[:-2] + b"\x16\0" + body[-22:], "CONTAINER-004"),
    ],
    ids=["end cut", "half", "something after", "two ends", "data", "end in comment"],
)
def test_a_zip_archive_that_is_damaged_is_refused(
    wrapped, place, settings, change, code
):
    fails(wrapped(change(zipped(BODY))), place, settings("zip"), code)


# 8, 9, 25, and 24 of CSV


def tarred():
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as opened:
        info = tarfile.TarInfo("../../etc/x")
        info.size = len(BODY)
        opened.addfile(info, io.BytesIO(BODY))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (tarred(), "CONTAINER-006"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04synthetic", "CONTAINER-006"),
        (b"Rar!\x1a\x07\x01\x00synthetic", "CONTAINER-006"),
        (lzma.compress(BODY), "CONTAINER-006"),
        (b"\x28\xb5\x2f\xfd\x24synthetic", "CONTAINER-006"),
        (b"\x04\x22\x4d\x18synthetic", "CONTAINER-006"),
        (bz2.compress(BODY), "CONTAINER-006"),
        (bz2.compress(b""), "CONTAINER-006"),
        (gzip.compress(BODY), "CONTAINER-007"),
        (zipped(BODY), "CONTAINER-007"),
        (zipped(), "CONTAINER-007"),
        (b"-----BEGIN PGP MESSAGE-----\n\nc3ludGhldGlj\n", "CONTAINER-007"),
        (b"%PDF-1.7 synthetic", "CONTAINER-008"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><title>502</title>", "CONTAINER-008"),
        (b"<html><body>Session expired", "CONTAINER-008"),
        (b"<?xml version='1.0'?>\n<!-- x --><html xmlns=''>", "CONTAINER-008"),
        (zipped(**{"[Content_Types].xml": b"<Types/>"}), "CONTAINER-008"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1synthetic", "CONTAINER-008"),
        (b"{\\rtf1 synthetic}", "CONTAINER-008"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_data_is_refused_whatever_its_name(
    wrapped, place, settings, body, code
):
    fails(wrapped(body), place, settings(), code)
    fails(wrapped(gzip.compress(body)), place, settings("gz"), code)


@pytest.mark.parametrize("container", ["gz", "zip"])
@pytest.mark.parametrize(
    "body",
    [BODY, b"", tarred(), gzip.compress(BODY), zipped(BODY)],
    ids=["text", "nothing", "tar", "gzip", "archive"],
)
def test_what_is_not_in_its_container_is_refused(
    wrapped, place, settings, container, body
):
    if magic_of(body) == container:
        return
    fails(wrapped(body), place, settings(container), "CONTAINER-001")


@pytest.mark.parametrize(
    "text",
    ["Übersicht;Zahl\n", "ÄÖÜ", "„Zitat“;1", "…;…", "<ClinicalDocument/>", "PKV;1"],
)
@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-16"])
def test_text_in_any_charset_is_taken_for_data(text, charset):
    assert magic_of(text.encode(charset, "replace") + b";SYN;20260101\n" * 9) == ""


def test_a_disk_without_room_leaves_the_file_for_later(
    wrapped, place, settings, monkeypatch
):
    from hub_sftp.containers import writing  # noqa: PLC0415  # to be broken

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.Limited, "write", full)

    fails(wrapped(gzip.compress(BODY)), place, settings("gz"), "CONTAINER-011")


def test_an_error_does_not_show_what_was_inside(wrapped, place, settings):
    body = patched(zipped(Kanarienvogel=BODY), b"Kanarien", b"..\\../..")

    with pytest.raises(HubError) as caught:
        unwrap(wrapped(body), place, settings("zip"))

    assert "vogel" not in str(caught.value)


@given(
    st.lists(st.sampled_from(["gz", "zip"]), max_size=4),
    st.lists(st.binary(max_size=200), min_size=1, max_size=3),
)
def test_what_is_wrapped_comes_out_as_it_was(tmp_path_factory, containers, bodies):
    if any(magic_of(body) for body in bodies):
        return
    if "zip" not in containers:
        bodies = bodies[:1]
    folder = tmp_path_factory.mktemp("trip")
    path = folder / "came"
    path.write_bytes(_wrapped(containers, bodies))

    inner = unwrap(path, folder, ContainerSettings(containers=containers))

    assert [each.read_bytes() for each in inner] == bodies


def _wrapped(containers, bodies):
    """Wrap from the inside outwards; the outermost zip takes all of them."""
    outermost = containers.index("zip") if "zip" in containers else None
    inside = containers if outermost is None else containers[outermost + 1 :]
    for container in reversed(inside):
        pack = gzip.compress if container == "gz" else zipped
        bodies = [pack(body) for body in bodies]
    if outermost is None:
        return bodies[0]
    whole = zipped(*bodies)
    for _ in range(outermost):
        whole = gzip.compress(whole)
    return whole


PIECES = st.sampled_from(
    [zipped(BODY), zipped(BODY, b"x"), gzip.compress(BODY), zlib.compress(BODY), BODY]
)


@given(PIECES, st.integers(0, 400), st.binary(max_size=8), st.integers(0, 400))
def test_whatever_is_in_a_file_only_errors_of_the_catalogue_come(
    tmp_path_factory, body, at, change, cut
):
    folder = tmp_path_factory.mktemp("any")
    path = folder / "came"
    path.write_bytes((body[:at] + change + body[at + len(change) :])[: 400 - cut])
    for containers in (["gz"], ["zip"], []):
        place = folder / "-".join(["place", *containers])
        place.mkdir()
        try:
            unwrap(path, place, ContainerSettings(containers=containers))
        except HubError:
            assert list(place.iterdir()) == []


@given(st.binary(max_size=300))
def test_any_bytes_have_a_kind_or_none(body):
    assert magic_of(body) in {
        *("", "gz", "zip", "pgp", "7z", "rar", "xz", "zst", "lz4", "compress"),
        *("bz2", "tar", "pdf", "html", "office"),
    }


def test_pgp_needs_its_keys():
    with pytest.raises(ValidationError, match="the table pgp belongs to pgp"):
        ContainerSettings(containers=["pgp"])
