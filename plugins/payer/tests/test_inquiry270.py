"""Questions to a payer, and what is read of them. Every person is made up."""

import pytest

from hub.testing.samples import admitted, notice, retraction
from hub_payer.x12_services.errors import NoMemberError, NoNotificationError
from hub_payer.x12_services.inquiry270 import Inquiry270Options, render
from plugins.payer.tests.transactions import (
    codes,
    facts_of,
    interchange,
    numbered,
    rows_of,
    said,
    sets,
)

GIVEN = {"us": {"id": "CAREHUB"}, "partner": {"id": "PAYER-A"}}
OPTIONS = Inquiry270Options(service_types=["30", "48"], **GIVEN)
FAMILY = [{"member_id": "X", "subscriber_id": "S-1", "relationship": "spouse"}]


def lines(told):
    ((_, found),) = sets(numbered(render([told], OPTIONS).body))
    return ["*".join(each.elements) for each in found]


def test_a_question_names_payer_facility_member_and_day(told):
    assert lines(told()) == [
        "BHT*0022*13*000000042*20260316*150300",
        "HL*1**20*1",
        "NM1*PR*2*PAYER-A*****PI*PAYER-A",
        "HL*2*1*21*1",
        "NM1*1P*2*Klinik Nord*****46*CAREHUB",
        "HL*3*2*22*0",
        "TRN*1*evt-discharged-3*9CAREHUB00",
        "NM1*IL*1*Mueller*Juergen*Uwe***MI*M-00042",
        "N3*Am Wehr 7*Hinterhaus",
        "N4*Musterstadt*BE*01234",
        "DMG*D8*19700131*M",
        "DTP*291*D8*20260314",
        "EQ*30",
        "EQ*48",
    ]


def test_a_dependent_is_asked_about_below_the_subscriber(told):
    found = lines(told(coverage=FAMILY))

    assert "NM1*IL*1******MI*S-1" in found
    assert "NM1*03*1*Mueller*Juergen*Uwe" in found


def test_without_a_day_of_its_own_the_question_is_about_the_day_it_is_asked():
    assert "DTP*291*D8*20260316" in lines(notice(retraction()))


def test_nobody_can_be_asked_about_without_a_number():
    with pytest.raises(NoMemberError, match="X12-103"):
        render([notice(patient_id="")], OPTIONS)


def test_what_is_no_stay_gives_no_question():
    event = admitted()
    other = type(event)(
        **{name: getattr(event, name) for name in event.__struct_fields__}
        | {"type": "stay.opened"}
    )

    with pytest.raises(NoNotificationError, match="X12-101"):
        render([notice(other)], OPTIONS)


def test_our_own_question_can_be_read(told):
    (row,) = rows_of(numbered(render([told()], OPTIONS).body))

    assert (row.problems, row.warnings) == ((), ())
    assert said(row) == {"kind": "inquiry", "services": ["30", "48"]}


def test_a_question_to_us_says_nothing_of_anybody(told):
    assert facts_of(numbered(render([told()], OPTIONS).body)) == []


def test_a_question_that_asks_nothing_is_a_problem():
    body = interchange(
        "270",
        """BHT*0022*13*1*20260316*1200
        HL*1**20*1
        HL*2*1*21*1
        HL*3*2*22*0
        NM1*IL*1*M*A****MI*1""",
    )

    (row,) = rows_of(body)
    assert codes(row.problems) == [("x12.segment_missing", "EQ")]
