"""What every normaliser must do that can read files.

A third party subclasses the suite and gives it files of the format::

    class TestMyFormat(FileNormaliserContract):
        @pytest.fixture
        def spec(self):
            return MY_NORMALISER  # the NormaliserSpec that the hook returns

        @pytest.fixture
        def profile(self):
            return MyProfile()

        @pytest.fixture
        def files(self):
            return [b"a synthetic file", b"another"]
"""

import io
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.contract import NormaliserSpec
from hub.errors import HubError
from hub.model.files import (
    Acknowledged,
    FileContext,
    Heading,
    Item,
    Reply,
    Row,
    RowMessage,
    RowProblem,
    Totals,
)
from hub.settings import Settings
from hub.testing.normaliser import CANARY, NormaliserContract, damaged, with_canary

#: What readers are told of the files of their suite.
CONTEXT = FileContext(
    name="synthetic", received_at=datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
)
#: A large file is the longest sample again and again, up to so many bytes, and then
#: one line without an end.
MANY_BYTES, LONG_LINE = 1 << 19, 24 << 20
#: Most memory that a reader may need for it, in bytes.
MOST_MEMORY = 12 << 20

_quick = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Found = list[Item | HubError]


class FileNormaliserContract(NormaliserContract):
    """Subclass in a plugin's tests; provide `spec`, `profile` and `files`."""

    @pytest.fixture
    def files(self) -> Sequence[bytes]:
        """Return whole files, at least one of which has a row or an answer."""
        raise NotImplementedError

    @pytest.fixture
    def samples(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> Sequence[bytes]:
        """Return the messages that the rows of the files become."""
        return [
            message_of(item)
            for file in files
            for item in read(spec, profile, file)
            if isinstance(item, Row) and not item.problems
        ]

    def test_finds_facts_in_a_sample(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """One whose files only answer ours has no rows, and so no facts."""
        if samples:
            assert any(spec.normalise(body, profile).facts for body in samples)

    def test_copes_with_damaged_samples(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """As other normalisers do, where there are rows that become messages."""
        if samples:
            super().test_copes_with_damaged_samples(spec, profile, samples)

    def test_reads_something_in_a_file(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """Whoever finds nothing but faults would pass the rest."""
        found = [item for file in files for item in read(spec, profile, file)]

        assert any(map(_says_something, found))

    def test_reads_the_same_in_the_same_file(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """What a row says is compared, by its bytes, with what it had said."""
        for file in files:
            once = list(map(repr, read(spec, profile, file)))
            assert once == list(map(repr, read(spec, profile, file)))

    def test_reads_the_same_however_the_bytes_come(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """A read of a file may return less than was asked for."""
        for file in files:
            whole = list(map(repr, read(spec, profile, file)))
            assert whole == list(map(repr, _read(spec, profile, _InPieces(file))))

    def test_keeps_its_promises_for_each_file(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """See `check_items`."""
        for file in files:
            check_items(read(spec, profile, file), spec)

    def test_raises_only_catalogued_errors_for_arbitrary_files(
        self, spec: NormaliserSpec, profile: Settings
    ) -> None:
        """A partner may send anything at all (G12)."""

        @_quick
        @given(st.binary(max_size=2000))
        def cope(file: bytes) -> None:
            check_items(read(spec, profile, file), spec)

        cope()

    def test_raises_only_catalogued_errors_for_damaged_files(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """Almost right goes deeper into the code than noise does."""

        @_quick
        @given(damaged(files))
        def cope(file: bytes) -> None:
            check_items(read(spec, profile, file), spec)

        cope()

    def test_tells_what_is_wrong_without_the_content(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """Each word of each file in turn gives way to a canary."""
        for file, in_header in with_canary(files):
            said = " ".join(map(_faults, read(spec, profile, file))).lower()

            assert in_header or CANARY.decode() not in said, "a fault quotes the file"

    def test_memory_does_not_grow_with_the_file(
        self, spec: NormaliserSpec, profile: Settings, files: Sequence[bytes]
    ) -> None:
        """A file can be larger than memory, and so can a line of it."""
        large = io.BufferedReader(_Large(max(files, key=len)))

        tracemalloc.start()
        try:
            for _ in _read(spec, profile, large):
                pass
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert most < MOST_MEMORY


def read(spec: NormaliserSpec, profile: Settings, file: bytes) -> Found:
    """Return what a reader yields, at last the HubError that ended it, if any."""
    return list(_read(spec, profile, io.BytesIO(file)))


def _read(
    spec: NormaliserSpec, profile: Settings, file: BinaryIO
) -> Iterator[Item | HubError]:
    assert spec.read is not None, "this suite is for normalisers that can read files"
    try:
        yield from spec.read(file, profile, CONTEXT)
    except HubError as error:
        yield error


def message_of(row: Row) -> bytes:
    """Return the message that a row becomes once its file is applied."""
    return msgspec.json.encode(
        RowMessage(
            op=row.op,
            key=row.key,
            row=msgspec.Raw(row.body),
            said=CONTEXT.received_at,
            exchange="synthetic",
            number=row.number,
        )
    )


def check_items(found: Sequence[Item | HubError], spec: NormaliserSpec) -> None:
    """Assert what the hub relies on, whatever the file was."""
    first = next((item for item in found if not isinstance(item, HubError)), None)
    assert first is None or isinstance(first, Heading), "a heading comes first"
    assert sum(isinstance(item, Heading) for item in found) <= 1, "there is one heading"
    numbers = [item.number for item in found if isinstance(item, Row)]
    assert numbers == sorted(set(numbers)), "rows are numbered in their order"
    for item in found:
        _check(item, spec)


def _check(item: Item | HubError, spec: NormaliserSpec) -> None:
    match item:
        case HubError():
            assert item.code in HubError.catalogue
        case Row():
            _check_problems((*item.problems, *item.warnings), spec)
            if not item.problems:
                assert item.key or item.op == "once", "a row that is used has a key"
                msgspec.json.decode(item.body)
        case Totals():
            _check_problems(item.problems, spec)
        case Acknowledged():
            assert item.of, "an answer says which file it is about"
        case Reply():
            assert item.suffix.startswith("."), "a suffix starts with a dot"
        case _:
            pass
    if not isinstance(item, HubError):
        # It goes from one process to another, and into the store.
        msgspec.msgpack.decode(msgspec.msgpack.encode(item), type=type(item))


def _check_problems(problems: Sequence[RowProblem], spec: NormaliserSpec) -> None:
    for problem in problems:
        assert problem.code in spec.row_codes, "each code has a meaning and a remedy"


def _says_something(item: Item | HubError) -> bool:
    return isinstance(item, Acknowledged) or (
        isinstance(item, Row) and not item.problems
    )


def _faults(item: Item | HubError) -> str:
    match item:
        case HubError():
            return str(item)
        case Row():
            return repr((item.problems, item.warnings))
        case Totals():
            return repr(item.problems)
        case _:
            return ""


class _InPieces(io.BytesIO):
    """A file of which a read returns a few bytes only."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or size < 0 else min(size, 7))


class _Large(io.RawIOBase):
    """A file that begins as another one, repeats it, and ends in one long line."""

    def __init__(self, sample: bytes) -> None:
        super().__init__()
        self._parts: Iterator[bytes] = iter(
            [
                *[sample] * (MANY_BYTES // len(sample) + 1),
                *[b"x" * (1 << 16)] * (LONG_LINE >> 16),
            ]
        )
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        into = memoryview(cast("bytearray", buffer))
        if not self._rest:
            self._rest = memoryview(next(self._parts, b""))
        size = min(len(into), len(self._rest))
        into[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
