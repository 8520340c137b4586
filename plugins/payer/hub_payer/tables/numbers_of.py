"""Further numbers of people, which a column each holds."""

from typing import Annotated

from pydantic import Field

from hub.sdk import Settings


class NumberColumn(Settings):
    """Whose number a column holds."""

    system: Annotated[str, Field(min_length=1)] = Field(
        description="Who assigned it, as other feeds call it."
    )
    type: Annotated[str, Field(max_length=10)] = Field(
        default="", description="Its kind, a code of HL7 table 0203, such as `MR`."
    )


Identifiers = Annotated[
    dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], NumberColumn],
    Field(
        default={},
        description=(
            "Columns of your own for further numbers of a person; each is named in"
            ' `columns` too: `mrn = { system = "KLINIK_NORD", type = "MR" }`.'
        ),
    ),
]
#: Words for a sex in the languages of the feeds that we know, and HL7's code.
SEXES = {
    **dict.fromkeys(("M", "male", "man", "m\u00e4nnlich", "maennlich"), "M"),
    **dict.fromkeys(("F", "female", "woman", "W", "weiblich"), "F"),
    **dict.fromkeys(("D", "divers", "O", "other", "X", "diverse", "non-binary"), "O"),
    **dict.fromkeys(("U", "unknown", "unbekannt"), "U"),
}
