"""The file as a whole. Every person in here is made up."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.testing.samples import NASTY, NOTICES, admitted, minimal, notice, notices
from hub_payer.cells import neutral
from hub_payer.columns import COLUMNS
from hub_payer.notification import NotificationOptions, render

CANARY = "Kanarienvogel4711"
SEPARATORS = [",", ";", "|", "\t"]


def read(rendered, separator=",", charset="utf-8"):
    text = rendered.body.decode(charset)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def test_one_row_per_notice_in_order():
    rows = read(render(NOTICES, NotificationOptions()))

    assert [row["EventID"] for row in rows] == [told.event.id for told in NOTICES]


def test_a_thousand_notices_fit():
    rows = read(render(notices(1000), NotificationOptions()))

    assert len({row["EventID"] for row in rows}) == 1000


def test_the_header_comes_first_and_lines_end_in_cr_lf():
    body = render([notice()], NotificationOptions()).body

    header, row, rest = body.split(b"\r\n")
    assert header.decode() == ",".join(COLUMNS)
    assert row.startswith(b"evt-admitted-1,")
    assert rest == b""


@pytest.mark.parametrize(
    ("separator", "media_type", "suffix"),
    [
        (",", "text/csv; charset=utf-8; header=present", ".csv"),
        (";", "text/csv; charset=utf-8; header=present", ".csv"),
        ("|", "text/csv; charset=utf-8; header=present", ".psv"),
        ("\t", "text/tab-separated-values; charset=utf-8; header=present", ".tsv"),
    ],
)
def test_the_separator_is_an_option(separator, media_type, suffix):
    rendered = render(NOTICES, NotificationOptions(separator=separator))

    assert (rendered.media_type, rendered.suffix) == (media_type, suffix)
    assert read(rendered, separator) == read(render(NOTICES, NotificationOptions()))


def test_the_mark_for_spreadsheets_is_an_option():
    plain = render([notice()], NotificationOptions())
    marked = render([notice()], NotificationOptions(charset="utf-8-sig"))

    assert marked.body == b"\xef\xbb\xbf" + plain.body


@pytest.mark.parametrize(
    "options", [{"separator": "x"}, {"charset": "latin-1"}, {"delimiter": ","}]
)
def test_options_that_would_lose_something_are_refused(options):
    with pytest.raises(ValidationError):
        NotificationOptions(**options)


def test_media_type_and_suffix_hold_no_content():
    awkward = notice(
        admitted(id=CANARY, payload={"class": CANARY, "person": {"sex": CANARY}}),
        patient_id=CANARY,
        subscription=CANARY,
        destination=CANARY,
        purpose=CANARY,
        delivery=CANARY,
    )

    for separator in SEPARATORS:
        rendered = render([awkward], NotificationOptions(separator=separator))

        assert CANARY.encode() in rendered.body
        assert CANARY not in rendered.media_type + rendered.suffix


def test_formulas_arrive_as_text():
    (row,) = read(render([NASTY], NotificationOptions()))

    assert row["SubscriberPatientID"] == "'=1+1"


@given(
    st.lists(st.text(), min_size=1, max_size=5),
    st.sampled_from(SEPARATORS),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_every_text_comes_back_from_a_csv_reader(texts, separator, charset):
    """S11: what comes back is what went in, but for formulas and line ends."""
    told = [
        notice(minimal(payload={"facility": {"name": text}}), patient_id=text)
        for text in texts
    ]
    options = NotificationOptions(separator=separator, charset=charset)

    rows = read(render(told, options), separator, charset)

    assert [row["FacilityName"] for row in rows] == [neutral(text) for text in texts]
    assert [row["SubscriberPatientID"] for row in rows] == [
        neutral(text) for text in texts
    ]


@given(st.lists(st.text(), min_size=1, max_size=5), st.sampled_from(SEPARATORS))
def test_a_row_is_one_line(texts, separator):
    told = [notice(minimal(), patient_id=text) for text in texts]

    body = render(told, NotificationOptions(separator=separator)).body

    assert len(body.decode().splitlines()) == len(texts) + 1
