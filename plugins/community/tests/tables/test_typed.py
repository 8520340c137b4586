"""What people type as a day and a time is read alike on the page and in tables."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.page.acts import BY_NAME
from hub_community.page.forms import filled
from hub_community.page.wording import Words
from hub_community.tables.moments import when
from hub_community.typed import apart, typed_day, typed_time

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS = {
    "2026-03-24": date(2026, 3, 24),
    "2026-3-4": date(2026, 3, 4),
    "24.3.2026": date(2026, 3, 24),
    "24.03.2026": date(2026, 3, 24),
    "24. 3. 2026": date(2026, 3, 24),
    "24. 03. 2026": date(2026, 3, 24),
    "3/24/2026": None,
    "03/04/2026": None,
    "31.2.2026": None,
    "24.3.26": None,
    "0001-01-01": None,
    "9999-12-31": None,
    "\uff12\uff14.3.2026": None,
    "\u0662\u0660\u0662\u0666-03-24": None,
}
TIMES = {
    "14:30": time(14, 30),
    "9:05": time(9, 5),
    "14.30 Uhr": time(14, 30),
    "14:30Uhr": time(14, 30),
    "14:30:00": time(14, 30),
    "14:30:00.000": time(14, 30),
    "25:00": None,
    "14:60": None,
    "14": None,
    "noon": None,
}


def on_the_page(day, clock):
    """Return the local time that the page takes the two fields for, None for none."""
    act, posted = BY_NAME["book"], {"date": day, "time": clock}
    form = filled(act, posted, NOW, ZoneInfo("UTC"), Words("en"))
    return form.appointment and f"{form.appointment:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("text", DAYS)
def test_a_day_is_read_one_way_or_not_at_all(text):
    expected = DAYS[text]

    assert typed_day(text) == expected
    assert when(text) == (expected.isoformat() if expected else None)


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read_one_way_or_not_at_all(text):
    assert typed_time(text) == TIMES[text]


@pytest.mark.parametrize("clock", TIMES)
@pytest.mark.parametrize("day", DAYS)
def test_the_page_and_a_table_read_the_same(day, clock):
    expected = None
    if DAYS[day] and TIMES[clock]:
        expected = f"{DAYS[day]}T{TIMES[clock]:%H:%M}"

    assert on_the_page(day, clock) == expected
    assert when(day, clock) == expected
    assert when(f"{day} {clock}") == expected


@given(
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    st.sampled_from(["{0.year}-{0.month}-{0.day}", "{0.day}. {0.month}. {0.year}"]),
)
def test_every_day_that_is_typed_is_read_back(day, form):
    assert typed_day(form.format(day)) == day


@given(st.text(alphabet="0123456789.-: TUhr\n\u0664", max_size=24))
def test_any_text_is_a_day_and_a_time_or_none(text):
    day, behind = apart(text)

    assert text.startswith(day)
    assert text.endswith(behind)
    assert typed_day(text) is None or day == text
    assert typed_time(text) is None or any(each in text for each in ":.")


def test_what_does_not_begin_with_a_day_stays_whole():
    assert apart("soon, at 14:30") == ("soon, at 14:30", "")
    assert apart("24. 3. 2026 14:30 Uhr") == ("24. 3. 2026", "14:30 Uhr")
    assert apart("2026-03-24T14:30") == ("2026-03-24", "14:30")
