"""The payer's own X12, against the hub's: neither is built with the other's code."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.demo.x12 import (
    Interchange,
    Notification,
    read_interchanges,
    write_acknowledgements,
)
from hub.sdk import Acknowledged, FileContext, Heading, Row
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.reading import read
from tests.demo.interchanges import NOTICE, NOW


def test_reads_who_a_notification_is_about_and_what_it_takes_back():
    [interchange] = read_interchanges(NOTICE)

    told = Notification("evt_2", "01", "PA-1", "0001", corrects="evt_1")
    assert interchange == Interchange("000000007", "000000007", ("0001",), (told,))


def test_reads_one_interchange_after_the_other_whatever_parts_them():
    other = NOTICE.replace("*", "|").replace("~", "!\r\n")

    assert read_interchanges(NOTICE + "\n" + other) == 2 * read_interchanges(NOTICE)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("SE*10*", "SE*9*"),
        ("GE*1*", "GE*2*"),
        ("IEA*1*000000007", "IEA*1*000000008"),
        ("SE*10*0001~", ""),
        ("IEA*1*000000007~", ""),
        ("ISA", "UNA"),
    ],
)
def test_refuses_what_does_not_add_up(true, false):
    with pytest.raises(ValueError, match=r"."):
        read_interchanges(NOTICE.replace(true, false))


@given(
    st.lists(
        st.tuples(
            st.integers(1, 999_999_999),
            st.lists(st.integers(1, 9999), min_size=1, max_size=5, unique=True),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda each: each[0],
    )
)
def test_acknowledges_so_that_the_hub_understands_it(received):
    interchanges = [
        Interchange(f"{n:09}", f"{n:09}", tuple(f"{each:04}" for each in sets), ())
        for n, sets in received
    ]
    text = write_acknowledgements(interchanges, NOW, 1)
    profile = X12Profile(us={"id": "CAREHUB"}, partner={"id": "PAYER-A"})
    context = FileContext(name="taken-01.999", received_at=NOW)
    items = list(read(io.BytesIO(text.encode()), profile, context))

    answers = [each for each in items if isinstance(each, Acknowledged)]
    assert [each.of for each in answers] == [each.control for each in interchanges]
    assert {each.acceptance for each in answers} == {"accepted"}
    assert not [each for each in items if isinstance(each, Row)]
    [heading] = [each for each in items if isinstance(each, Heading)]
    assert not heading.test
