"""What was found in a file, before anybody decides what becomes of it.

Nothing of it is content but the keys of rows, which are not in here, and the
partner's own codes.
"""

import msgspec
from msgspec import Struct

from hub.model.files import Acknowledged, Heading, Reply, RowProblem


class Counts(Struct, frozen=True, kw_only=True):
    """How many rows, and records, a file is about.

    ``read == accepted + rejected + duplicate``. Of the accepted rows, `unchanged` say
    what is held already. `added`, `changed` and `ended` are records of the feed (an
    end may be said by a row, or by its absence), `once` statements that stand by
    themselves, `absent` active records that only somebody can decide about.

    `before` and `after` are the active records without and with this file, and `lost`
    those that were active and no longer would be. `nameless` are rejected rows that do
    not say which record they are about: it may be one that seems to be absent.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0
    once: int = 0
    absent: int = 0
    unchanged: int = 0
    before: int = 0
    after: int = 0
    lost: int = 0
    nameless: int = 0

    @property
    def missing(self) -> int:
        """Records that are held, and that the file does not have.

        Where it lists all there is, they are among those that `ended`; of the rest of
        these a row says so.
        """
        by_rows = self.accepted - self.added - self.changed - self.once - self.unchanged
        return self.absent + max(0, self.ended - by_rows)


#: From JSON, as the ledger has them. What else is in there is not looked at.
counts_of = msgspec.json.Decoder(Counts).decode
problems_of = msgspec.json.Decoder(tuple[RowProblem, ...]).decode


class Changes(Struct, frozen=True, kw_only=True):
    """Where the changes of a file are staged, and how many they are.

    `problems` is how many rows are listed there for people. Where the file is
    `plain`, each change is a whole message: the bytes of a file that was in it.
    """

    path: str = ""
    count: int = 0
    problems: int = 0
    plain: bool = False


class Findings(Struct, frozen=True, kw_only=True):
    """What the check of a file reports.

    `heading` is None where the file was not read as far as that. `stated` is how many
    rows or records it says it has. `totals` are what does not agree with that, and
    `problems` what is wrong with the file as a whole; both by codes. `rejected` and
    `warned` count rows by their codes.

    `grown_kib` is by how much the process that checked it grew meanwhile.

    `error_code` says why the file could not be read to its end, `detail` more of it,
    and `again` that this was not the file's fault: then it can be checked again.
    """

    sha256: bytes = b""
    size: int = 0
    heading: Heading | None = None
    counts: Counts = Counts()
    stated: int | None = None
    totals: tuple[RowProblem, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    rejected: dict[str, int] = {}
    warned: dict[str, int] = {}
    error_code: str = ""
    detail: str = ""
    again: bool = False
    acknowledgements: tuple[Acknowledged, ...] = ()
    replies: tuple[Reply, ...] = ()
    changes: Changes = Changes()
    grown_kib: int = 0
