"""What markers and manifests say. All samples are synthetic."""

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_sftp.fetching.errors import ManifestUnreadableError
from hub_sftp.fetching.markers import Expected, of_manifest, of_marker

SHA = hashlib.sha256(b"synthetic").hexdigest()
MD5 = hashlib.md5(b"synthetic", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"", Expected()),
        (b"done by the nightly job at 02:00\n", Expected()),
        (b"12\n", Expected(count=12)),
        (b"count=12\r\nsha256=" + SHA.encode(), Expected(count=12, sha256=SHA)),
        (f"{SHA.upper()}  a.csv\n".encode(), Expected(sha256=SHA)),
        (f"{MD5} *a.csv\n".encode(), Expected(md5=MD5)),
        (b"size: 4096, records: 7", Expected(size=4096, count=7)),
        (b"\xff\xfe\x00", Expected()),
    ],
)
def test_a_marker_may_say_count_size_and_hash(said, expected):
    assert of_marker(said) == expected


@given(st.binary(max_size=200))
def test_any_marker_is_one(body):
    assert isinstance(of_marker(body), Expected)


@pytest.mark.parametrize("lines", [10, 11, 12])
def test_a_count_of_records_leaves_room_for_header_and_trailer(lines):
    assert Expected(count=10).holds(0, {}, lines)


@pytest.mark.parametrize("lines", [9, 13])
def test_another_count_does_not_hold(lines):
    assert not Expected(count=10).holds(0, {}, lines)


def test_another_hash_or_size_does_not_hold():
    assert not Expected(sha256=SHA).holds(1, {"sha256": MD5}, None)
    assert not Expected(size=2).holds(1, {}, None)
    assert Expected(sha256=SHA, size=1).holds(1, {"sha256": SHA}, None)


@pytest.mark.parametrize(
    "body",
    [
        f"{SHA}  a.csv\n{MD5} *b.csv\n",
        f"# synthetic\nName,Hash,Size\na.csv,{SHA},\nb.csv,{MD5},\n",
    ],
)
def test_a_manifest_names_files_and_hashes(body):
    parts = of_manifest(body.encode())

    assert parts == {"a.csv": Expected(sha256=SHA), "b.csv": Expected(md5=MD5)}


def test_a_manifest_may_say_sizes():
    parts = of_manifest(f"size,name,hash\n17,a.csv,{SHA}\n".encode())

    assert parts == {"a.csv": Expected(sha256=SHA, size=17)}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a.csv\n",
        f"{SHA}  ../../etc/passwd\n".encode(),
        f"{SHA}  /etc/passwd\n".encode(),
        f"{SHA}  a\\b\n".encode(),
        f"{SHA}  a.csv\n{MD5}  a.csv\n".encode(),
        f"{SHA}  a.csv\nnonsense\n".encode(),
        f"name,hash\na.csv,{SHA},3\n".encode(),
        b"name,hash\na.csv,123\n",
        f"name,hash,size\na.csv,{SHA},-1\n".encode(),
        b"\xff\xfe",
        "".join(f"{SHA}  {n}.csv\n" for n in range(1001)).encode(),
    ],
    ids=range(12),
)
def test_a_manifest_that_says_something_else_is_refused(body):
    with pytest.raises(ManifestUnreadableError) as caught:
        of_manifest(body)

    assert caught.value.code == "FILE-013"


@given(
    st.binary(max_size=200)
    | st.text("name,hash size\n0123abc.", max_size=99).map(str.encode)
)
def test_any_manifest_is_read_or_refused(body):
    with suppress(ManifestUnreadableError):
        assert of_manifest(body)
