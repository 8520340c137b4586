"""What is to be known of a feed of X12 files: the ``profile`` of its source."""

from typing import Literal, Self

from pydantic import Field, model_validator

from hub.sdk import Settings
from hub_payer.zones import Zone

Answers = Literal["always", "errors", "never"]

#: The GS01 that a transaction set goes with. Source: X12 data element 479.
GROUPS = {
    "834": "BE",
    "270": "HS",
    "271": "HB",
    "276": "HR",
    "277": "HN",
    "278": "HI",
    "820": "RA",
    "824": "AG",
    "835": "HP",
    "837": "HC",
    "997": "FA",
    "999": "FA",
}
#: Which versions (GS08) of each transaction set are read, where no profile says.
VERSIONS = {
    "270": ["005010X279", "005010X279A1"],
    "271": ["005010X279", "005010X279A1"],
    "278": ["005010X216", "005010X217"],
    "834": ["005010X220", "005010X220A1", "004010X095A1"],
    "835": ["005010X221", "005010X221A1", "004010X091A1"],
    "837": [
        "005010X222",
        "005010X222A1",
        "005010X222A2",
        "005010X223",
        "005010X223A1",
        "005010X223A2",
        "005010X223A3",
        "004010X096A1",
        "004010X098A1",
    ],
    "997": ["004010", "004010X095A1", "005010"],
    "999": ["005010X231", "005010X231A1"],
}


class Party(Settings):
    """One end of an interchange: ISA05 and ISA06, or ISA07 and ISA08."""

    id: str = Field(
        pattern=r"^[!-)+-9;-\]_-}]([ -)+-9;-\]_-}]{0,13}[!-)+-9;-\]_-}])?$",
        description="The id, without the blanks after it.",
    )
    qualifier: str = Field(
        default="ZZ", pattern=r"^[A-Z0-9]{2}$", description="What kind of id it is."
    )


class MemberNumbers(Settings):
    """Whose numbers stand in an 834: the system (assigning authority) of each.

    A further number without a system is not read as a number of the person.
    """

    system: str = Field(
        default="",
        description="System of the members' numbers; empty: the sender's id (ISA06).",
    )
    member: Literal["shared", "own", "17", "23", "ZZ"] = Field(
        default="shared",
        description=(
            "Which number is a member's: `shared` where a family has the subscriber's"
            " (REF 0F), `own` where each has one in REF 0F, else a REF qualifier."
        ),
    )
    further: dict[str, str] = Field(
        default={},
        description=(
            "System of each further number by its REF qualifier, such as"
            ' `23 = "CLINIC"`, `3H`, `6O`, `F6`, `ZZ`; "NM1.34" is that beside the'
            " name, with its qualifier (NM108)."
        ),
    )
    provider: str = Field(
        default="NPI", description="System of the numbers of primary care providers."
    )


class X12Profile(Settings):
    """The profile of a feed of X12 files."""

    partner: Party | None = Field(
        default=None,
        description="Who sends (ISA05, ISA06); none: whoever does is taken.",
    )
    us: Party | None = Field(
        default=None,
        description="Who we are (ISA07, ISA08); none: whatever stands there is taken.",
    )
    versions: dict[str, list[str]] = Field(
        default={},
        description=(
            "The versions (GS08) that are taken of a transaction set (ST01); one that"
            " is not named here has the versions of its guides."
        ),
    )
    counts: Literal["refuse", "warn"] = Field(
        default="refuse",
        description="What becomes of a part of a file whose count is wrong.",
    )
    ta1: Answers = Field(
        default="errors", description="When an interchange is answered with a TA1."
    )
    acknowledge: Answers = Field(
        default="always",
        description="When a group is answered with a 999 (997 for version 4010).",
    )
    guide: Literal["off", "check"] = Field(
        default="off",
        description=(
            "Whether 834, 835 and 837 are compared with their guides by pyx12: some"
            " thousand segments a second."
        ),
    )
    guide_seconds: float = Field(
        default=300, gt=0, le=600, description="Time allowed for that, for one file."
    )
    semantics: Literal["stated", "delta", "audit"] = Field(
        default="stated",
        description=(
            "What an 834 is where its BGN08 cannot be trusted: `stated` takes it at"
            " its word."
        ),
    )
    numbers: MemberNumbers = Field(
        default=MemberNumbers(), description="Whose numbers an 834 holds."
    )
    entitling_lines: list[str] = Field(
        default=["HLT", "HMO", "PPO", "POS", "EPO", "MM", "HE", "AG", "SUP", "MCD"],
        description=(
            "The insurance lines (HD03) that make somebody a member of the panel; all"
            " others are known and give no right to be told anything."
        ),
    )
    plan: str = Field(
        default="", description="The plan of members whose 834 names none."
    )
    time_zone: Zone = Field(
        default="UTC", description="Time zone of times that say none (IANA)."
    )

    @model_validator(mode="after")
    def _knows_its_sets(self) -> Self:
        for kind in self.versions:
            if kind not in GROUPS:
                raise ValueError(f"{kind} is no transaction set that is read")
        return self

    def takes(self, kind: str, version: str) -> bool:
        """Say whether transaction sets of a kind are read in a version."""
        return version in self.versions.get(kind, VERSIONS.get(kind, []))
