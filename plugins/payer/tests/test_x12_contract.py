"""The normaliser ``x12`` keeps the contract of those that read files."""

from pathlib import Path

import pytest

import hub_payer
from hub.sdk import FileContext, HubError
from hub.testing import FileNormaliserContract
from hub_payer.x12.profile import MemberNumbers, X12Profile
from hub_payer.x12.reading import UnknownRowError
from hub_payer.x12.tokens import NotX12Error
from hub_payer.x12.verdict import TooManyPartsError
from plugins.payer.tests.x12_samples import (
    MEMBER,
    RECEIVED,
    enrolment,
    group,
    interchange,
    lines,
    members,
    opened,
    transaction,
)

DEPENDANT = (
    "INS*N*19*024*02*A",
    "REF*0F*S100",
    "DTP*357*D8*20260228",
    "NM1*IL*1*SPATZ*LI",
    "DMG*D8*20200301*F",
)
ANSWER = transaction("AK1*HI*42", "AK9*A*1*1*1", kind="999", version="005010X231A1")


class TestX12(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        (spec,) = (each for each in hub_payer.normalisers() if each.name == "x12")
        return spec

    @pytest.fixture(params=["refuse", "warn"])
    def profile(self, request):
        return X12Profile(counts=request.param, ta1="always")

    @pytest.fixture
    def files(self):
        return [
            members(MEMBER, DEPENDANT).encode(),
            interchange(
                group(enrolment(DEPENDANT, purpose="4")),
                group(ANSWER, kind="FA", control="2", version="005010X231A1"),
                between=lines("TA1*000000042*260313*0800*A*000"),
            ).encode(),
        ]


def test_each_setting_is_described():
    fields = X12Profile.model_fields

    assert all(each.description for each in fields.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"versions": {"850": ["005010"]}},
        {"partner": {"id": "A*B"}},
        {"guide_seconds": 0},
        {"unknown": 1},
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="validation error"):
        X12Profile(**wrong)


@pytest.mark.parametrize("error", [NotX12Error, TooManyPartsError, UnknownRowError])
def test_each_error_is_catalogued(error):
    assert HubError.catalogue[error.code] is error


def test_a_file_that_can_be_read_once_only_is_read_all_the_same():
    (spec,) = (each for each in hub_payer.normalisers() if each.name == "x12")
    content = members(MEMBER)
    context = FileContext(name="x", received_at=RECEIVED)
    once = opened(content)
    once.seekable = lambda: False

    items = list(spec.read(once, X12Profile(), context))

    assert items == list(spec.read(opened(content), X12Profile(), context))


def test_every_setting_is_in_the_readme():
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    names = {*X12Profile.model_fields, *MemberNumbers.model_fields}

    assert [name for name in names if f"`{name}`" not in readme] == []
