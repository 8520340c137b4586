"""Which packages are refused as a whole, and what is kept of damaged ones."""

import io
import json
import stat
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_community.hsds import jsons
from hub_community.hsds.errors import (
    BrokenJsonError,
    BrokenSnapshotError,
    DamagedArchiveError,
    EncryptedArchiveError,
    NoDirectoryError,
    TooLargeError,
    UnreadablePackageError,
    UnsafeArchiveError,
)
from plugins.community.tests.hsds.making import (
    SERVICE,
    V3,
    as_csv,
    as_json,
    as_lines,
    nested_service,
    page,
    reading,
    uid,
    zipped,
)


def archive(*entries, **options):
    """Return an archive of (name, content) or (ZipInfo, content)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, **options) as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    "body",
    [b"", b"  \n", b"%PDF-1.7 x", b"<html></html>", b"\x1f\x8b\x08\0", b"MSH|^~\\&|A",
     bytes(range(32)) * 20, b"SQLite format 3\0"],
)  # fmt: skip
def test_what_is_in_no_form_of_a_directory_is_refused(body):
    with pytest.raises(UnreadablePackageError):
        reading(body)


def test_a_damaged_archive_is_refused():
    body = zipped(V3)

    with pytest.raises(DamagedArchiveError):
        reading(body[: len(body) // 2])


def test_an_archive_with_a_wrong_checksum_is_refused():
    body = archive(("services.csv", as_csv(V3["services"])))
    crc = zlib.crc32(as_csv(V3["services"]).encode()).to_bytes(4, "little")

    with pytest.raises(DamagedArchiveError):
        reading(body.replace(crc, b"zqxw"))


@pytest.mark.parametrize(
    "name", ["../services.csv", "/services.csv", "a/../../b.csv", "C:\\services.csv",
             "..\\services.csv", "a\nb.csv"],
)  # fmt: skip
def test_an_archive_that_leads_out_is_refused(name):
    with pytest.raises(UnsafeArchiveError):
        reading(archive((name, as_csv(V3["services"]))))


def test_an_archive_with_a_link_is_refused():
    link = zipfile.ZipInfo("services.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(UnsafeArchiveError):
        reading(archive((link, "/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_two_entries_of_one_name_is_refused():
    with pytest.raises(UnsafeArchiveError):
        reading(archive(("services.csv", "id\n"), ("services.csv", "id\n")))


def test_an_archive_within_an_archive_is_refused():
    with pytest.raises(UnsafeArchiveError):
        reading(archive(("data.zip", zipped(V3))))


def test_entries_that_overlap_are_refused():
    body = bytearray(archive(("a.csv", "id,name\n1,a\n"), ("b.csv", "id,name\n2,b\n")))
    at = body.index(b"PK\x01\x02", body.index(b"PK\x01\x02") + 4)
    body[at + 42 : at + 46] = (0).to_bytes(4, "little")

    with pytest.raises((UnsafeArchiveError, DamagedArchiveError)):
        reading(bytes(body))


def test_an_encrypted_archive_is_refused():
    body = bytearray(archive(("services.csv", "id,name\n")))
    body[body.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(EncryptedArchiveError):
        reading(bytes(body))


def test_a_method_that_is_not_read_is_refused():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr("services.csv", "id,name\n")

    with pytest.raises(EncryptedArchiveError):
        reading(made.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(TooLargeError):
        reading(archive(("services.csv", b"0" * (9 << 20))))


def test_more_than_the_limit_is_refused_unpacked_or_not():
    table = "id,name\n" + "".join(f"{at},{uid(at)}\n" for at in range(60_000))
    limits = {"max_mebibytes": 1}

    with pytest.raises(TooLargeError):
        reading(archive(("services.csv", table)), limits=limits)
    with pytest.raises(TooLargeError):
        reading(table.encode(), limits=limits)


def test_too_many_entries_are_refused():
    with pytest.raises(TooLargeError):
        reading(archive(*((f"{at}.csv", "") for at in range(5))), limits={"entries": 4})


def test_too_many_objects_are_refused():
    rows = [V3["services"][0] | {"id": uid(at)} for at in range(50)]

    with pytest.raises(TooLargeError):
        reading(as_csv(rows).encode(), limits={"objects": 49})


@pytest.mark.parametrize(
    "body",
    [
        b"just some words\nand more\n",
        b"x,y,z\n1,2,3\n",
        as_csv(V3["phones"]).encode(),
        as_json({"openapi": "3.1", "info": {}}),
        as_json({"version": "3.0", "openapi_url": "x"}),
        as_json({"resources": [{"name": "service"}]}),
        as_json({"a": 1}),
        as_json([1, "x", None]),
        archive(("readme.md", "hello")),
        archive(("notes.csv", "x,y,z\n1,2,3\n")),
        archive(("services.csv.pdf", "%PDF-1.7")),
    ],
)
def test_a_package_without_anything_of_a_directory_is_refused(body):
    with pytest.raises(NoDirectoryError):
        reading(body)


@pytest.mark.parametrize("body", [b"[", b"{", b'{"contents": [', b"[}", b'{"a" 1}'])
def test_json_that_is_broken_from_its_start_is_refused(body):
    with pytest.raises(BrokenJsonError):
        reading(body)


def test_json_that_is_nested_too_deep_is_refused():
    with pytest.raises(BrokenJsonError):
        reading(b"[" * 100_000)


@pytest.mark.parametrize(
    "first",
    [{"mode": "full", "carehub_snapshot": 2}, {"carehub_snapshot": 1},
     {"carehub_snapshot": 1, "mode": "some"}, {"carehub_snapshot": "x", "mode": "full"},
     {"carehub_snapshot": 1, "mode": "full", "fetched_at": "yesterday"}],
)  # fmt: skip
def test_a_snapshot_with_an_unusable_first_line_is_refused(first):
    with pytest.raises(BrokenSnapshotError):
        reading(as_lines(first, {"type": "service", "record": nested_service()}))


@pytest.mark.parametrize(
    "body", [b"[]", as_json(page()), b"id,name,description,status\n"]
)
def test_an_empty_directory_is_none_that_lost_everything(body):
    """The hub holds it; it is for a person to say whether that is so."""
    found = reading(body)

    assert not found.objects
    assert found.codes["hsds.empty"] == 1


def test_a_list_that_is_cut_short_gives_what_stands_before():
    body = as_json([nested_service(), nested_service() | {"id": uid(70)}])

    found = reading(body[:-200])

    assert set(found.records) >= {("service", SERVICE)}
    assert ("service", uid(70)) not in found.records
    assert found.codes["hsds.truncated"] == 1
    assert not found.heading.complete


def test_a_bad_line_costs_itself():
    body = (
        as_lines(nested_service())
        + b'{"id": \n[1]\n'
        + as_lines(nested_service() | {"id": uid(70)})
    )

    found = reading(body)

    assert {("service", SERVICE), ("service", uid(70))} <= set(found.records)
    assert [each.id for each in found.own if each.code == "hsds.bad_line"] == [
        "line 2", "line 3",
    ]  # fmt: skip


def test_a_bad_first_line_costs_itself():
    found = reading(b'{"id": 1, }\n' + as_lines(nested_service()))

    assert ("service", SERVICE) in found.records
    assert found.codes["hsds.bad_line"] == 1


def test_a_line_that_is_too_long_costs_itself(monkeypatch):
    monkeypatch.setattr(jsons, "LARGEST", 20_000)
    long = as_lines({"id": "1", "name": "x" * 30_000})

    found = reading(as_lines(nested_service()) + long + as_lines({**nested_service()}))

    assert ("service", SERVICE) in found.records
    assert found.codes["hsds.bad_line"] == 1


def test_large_lists_are_read_piece_by_piece(monkeypatch):
    monkeypatch.setattr(jsons, "_BLOCK", 50)
    service = nested_service() | {"description": "Größe — 😀 " * 20}

    found = reading(json.dumps([service, service], ensure_ascii=False).encode())

    assert (
        found.one("service", SERVICE)["description"] == service["description"].strip()
    )


def test_files_that_are_no_tables_are_ignored_and_remarked():
    body = zipped(V3, **{"logo.png": b"\x89PNG1", "notes.csv": "x,y,z\n1,2,3\n"})

    found = reading(body)

    assert found.codes["hsds.file_ignored"] == 2


def test_furniture_of_archives_is_passed_over():
    found = reading(zipped(V3, **{"__MACOSX/._a.csv": b"x", "README.md": b"hello"}))

    assert not found.own


def test_names_in_the_archive_are_never_paths():
    found = reading(zipped({"deep/down/services": V3["services"]}))

    assert ("service", SERVICE) in found.records


@settings(max_examples=25)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_a_catalogued_error(body):
    assert _read_or_refused(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "name", "phones", "organization", "service_at_locations", "location",
             "attributes", "taxonomy_term", "latitude", "schedules", "status",
             "languages",
             "addresses", "is_private", "service_id", "contents", "link_id", "program",
             "capacities", "unit", "eligibility", "minimum_age", "metadata"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=25)
@given(_JSON, st.sampled_from(["{}", "[{}]", '{{"contents": [{}]}}']))
def test_json_of_any_shape_is_read_or_refused(value, around):
    body = around.format(json.dumps(value))

    assert _read_or_refused(body.encode())


@settings(max_examples=25)
@given(st.lists(st.lists(st.text(max_size=6), max_size=5), max_size=4))
def test_tables_of_any_cells_are_read_or_refused(written):
    header = "id,organization_id,name,status,minimum_age\n"
    body = header + "\n".join(",".join(cells) for cells in written)

    assert _read_or_refused(body.encode("utf-8", "replace"))


def _read_or_refused(body):
    try:
        found = reading(body)
    except HubError as refused:
        return refused.code
    return found.heading
