"""All families: errors, odd input, and messages that nobody here wrote.

The messages in this file are synthetic; every person and place is made up.
"""

import os
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sdk import FactKind, HubError
from hub_hl7.facts.errors import NoPatientError, NoTimeError
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.records.errors import NoRecordError, NoRecordKeyError
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire.er7 import Message

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"
START = re.compile(rb"(?:^|(?<=[\r\n\x0b]))(?=MSH[^A-Za-z0-9\s])")
TYPES = [
    "MDM^T02", "MDM^T06", "MDM^T10", "MDM^T11", "OMG^O19", "ORM^O01", "ORU^R01",
    "OSU^O51", "REF^I12", "REF^I14", "RRI^I12", "RRI^I14", "SIU^S12", "SIU^S15",
]  # fmt: skip
PROFILE = Hl7Profile(
    results=({"panels": ("sdoh",)}, {"codes": ("X",), "record": "result"}),
    referral_orders=({"receivers": ("R",)},),
)
PID = "PID|1||0047^^^K^PI||Musterfrau^Änne"
LINES = {
    "MDM": ("TXA|1|DS|TX|||||||||D-1",),
    "OMG": ("ORC|NW|O-1", "OBR|1|O-1||X"),
    "ORM": ("ORC|NW|O-1", "OBR|1|O-1||X"),
    "ORU": ("OBR|1|O-1||X", "OBX|1|ST|X||1"),
    "OSU": ("ORC|SC|O-1|||SC",),
    "REF": ("RF1||||||R-1",),
    "RRI": ("RF1|A|||||R-1",),
    "SIU": ("SCH|A-1|B-1",),
}
SEGMENTS = [
    "MSH", "EVN", "PID", "PV1", "RF1", "AUT", "PRD", "CTD", "ORC", "OBR", "OBX",
    "TQ1", "TXA", "SCH", "AIS", "AIG", "AIL", "AIP", "NTE", "DG1", "PR1", "ARV", "PD1",
]  # fmt: skip


def reading_of(kind, *lines, sent="20260310081502+0100"):
    msh = rf"MSH|^~\&|KIS|K|HUB|R|{sent}||{kind}|1|P|2.5"
    return Reading(Message("\r".join([msh, *lines])), PROFILE)


@pytest.mark.parametrize("kind", TYPES)
def test_every_family_yields_records(kind):
    result = FAMILIES[kind[:3]](reading_of(kind, PID, *LINES[kind[:3]]))

    assert result.facts
    assert all(one.kind is FactKind.RECORD and one.record for one in result.facts)


@pytest.mark.parametrize("kind", TYPES)
def test_a_message_about_nobody_is_refused(kind):
    with pytest.raises(NoPatientError):
        FAMILIES[kind[:3]](reading_of(kind, *LINES[kind[:3]]))


@pytest.mark.parametrize("kind", TYPES)
def test_a_message_without_any_time_is_refused(kind):
    with pytest.raises(NoTimeError):
        FAMILIES[kind[:3]](reading_of(kind, PID, *LINES[kind[:3]], sent=""))


@pytest.mark.parametrize("kind", TYPES)
def test_a_record_without_a_number_is_refused(kind):
    lines = [re.sub(r"[ORDAB]-1", "", line) for line in LINES[kind[:3]]]

    with pytest.raises(NoRecordKeyError):
        FAMILIES[kind[:3]](reading_of(kind, PID, *lines))


@pytest.mark.parametrize("kind", ["MDM^T02", "REF^I12", "RRI^I12", "SIU^S12"])
def test_a_message_without_its_segment_is_refused(kind):
    with pytest.raises(NoRecordError):
        FAMILIES[kind[:3]](reading_of(kind, PID))


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_arbitrary_fields_raise_only_catalogued_errors(kind, data):
    value = st.text(
        st.one_of(
            st.sampled_from('^~&\\"|0129XF.'), st.characters(exclude_categories=["Cs"])
        ),
        max_size=12,
    )
    line = st.tuples(st.sampled_from(SEGMENTS), st.lists(value, max_size=30))
    noise = ["|".join([name, *fields]) for name, fields in data.draw(st.lists(line))]
    place = data.draw(st.integers(0, len(LINES[kind[:3]])))
    lines = [*LINES[kind[:3]]]
    lines[place:place] = [one for one in noise if not one.startswith("MSH")]
    try:
        result = FAMILIES[kind[:3]](reading_of(kind, PID, *lines))
    except HubError:
        return

    msgspec.json.encode(result)
    assert result is None or result.facts


@pytest.mark.parametrize(
    "hostile", ["=HYPERLINK(1)", "${jndi:ldap://x}", "{{7*7}}", "%s%n"]
)
def test_content_meant_for_others_is_only_content(hostile):
    reading = reading_of("REF^I12", PID, *LINES["REF"], f"NTE|1||{hostile}")
    (found,) = FAMILIES["REF"](reading).facts

    assert found.details["note"] == hostile


def bodies_of(content):
    cuts = [match.start() for match in START.finditer(content)]
    return [content[start:end] for start, end in pairwise([*cuts, len(content)])]


@pytest.mark.corpus
@pytest.mark.skipif(
    not CORPUS.is_dir(),
    reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
)
def test_messages_of_others_yield_records():
    profile = PROFILE.model_copy(update={"test_messages": "apply"})
    yielded, outcomes = Counter(), Counter()
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    for body in (body for path in files for body in bodies_of(path.read_bytes())):
        result = normalise(body, profile)
        family = result.provenance.trigger[:3]
        if family in FAMILIES:
            outcomes[family] += 1
            yielded[family] += bool(result.facts)
            assert (
                bool(result.facts) + bool(result.problem) + bool(result.unmapped) == 1
            )
            documents = {one.digest for one in result.documents}
            named = {one.details.get("digest") for one in result.facts} - {None}
            assert named <= documents

    for family in ("SIU", "MDM", "ORU", "REF"):
        assert yielded[family] > 0
    assert yielded["SIU"] >= outcomes["SIU"] - 1
    assert yielded["REF"] == outcomes["REF"]
