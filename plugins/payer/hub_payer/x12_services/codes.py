"""What can be wrong with a row of a 27x, an 835 or an 837, and what to do about it."""

from collections.abc import Mapping

#: As `NormaliserSpec.row_codes`: what each code means, and what to do.
ROW_CODES: Mapping[str, tuple[str, str]] = {
    "x12.hl_parent": (
        "A level (HL) names a parent that does not stand before it",
        "Ask the sender to number the levels of the transaction set anew",
    ),
    "x12.hl_cycle": (
        "A level (HL) is below itself",
        "Ask the sender to number the levels of the transaction set anew",
    ),
    "x12.hl_order": (
        "Levels (HL) are not numbered 1, 2, 3 … in their order",
        "Nothing, unless people are mixed up; the sender should number them in order",
    ),
    "x12.hl_level": (
        "A level (HL03) stands where its guide has no such level",
        "Ask the sender for the guide by which the file was made",
    ),
    "x12.hl_depth": (
        "Levels (HL) are nested deeper than any guide allows",
        "Ask the sender for a correct file; nothing below that depth is read",
    ),
    "x12.loop_too_long": (
        "One record has more segments than are read of one",
        "Ask the sender to split it",
    ),
    "x12.segment_missing": (
        "A segment that its guide demands is not there",
        "Ask the sender for a correct file; the place says which segment",
    ),
    "x12.segment_misplaced": (
        "A segment stands at a level where its guide has none",
        "Nothing: it is not read; the place says which segment",
    ),
    "x12.element_missing": (
        "An element that its guide demands is empty",
        "Ask the sender for a correct file; the place says which element",
    ),
    "x12.member_missing": (
        "Nobody is named, or without a number (NM109) by which they can be known",
        "Ask the sender to name the member's number",
    ),
    "x12.date": (
        "A date or time is none, or not in the form that is stated",
        "Ask the sender for a correct file; the place says which element",
    ),
    "x12.date_reversed": (
        "A period ends before it begins",
        "Ask the sender for a correct file; the place says which element",
    ),
    "x12.amount": (
        "An amount or a quantity is not written as a number",
        "Ask the sender for a correct file; the place says which element",
    ),
    "x12.code_unknown": (
        "A code that decides what the row means is none that is known",
        "Look up the code in the sender's guide; the row is kept, and told to nobody",
    ),
    "x12.charset": (
        "A value has characters that no text may have, such as NUL",
        "Ask the sender for a correct file; what is no number of a person is marked",
    ),
    "x278.transaction": (
        "The header (BHT) does not say what the transaction set is for",
        "Ask the sender for the guide by which the file was made",
    ),
    "x835.claim_balance": (
        "Of a claim, charge less adjustments is not what was paid",
        "Ask the payer; the amounts are kept as they stand",
    ),
    "x835.line_balance": (
        "Of a service line, charge less adjustments is not what was paid",
        "Ask the payer; the amounts are kept as they stand",
    ),
    "x835.payment_balance": (
        "The payment is not the sum of the claims less provider adjustments",
        "Ask the payer; the amounts are kept as they stand",
    ),
    "x837.frequency": (
        "The claim does not say whether it is new, replaces one or takes one back",
        "Ask the sender for a correct file (CLM05, third component)",
    ),
}
