import io

from rich.console import Console

from hub.demo.hospital import FeedCount
from hub.demo.view import Known, Snapshot, View, render
from hub.store.tally import Tally

SNAPSHOT = Snapshot(
    feeds={"klinik-nord": FeedCount(planned=10, sent=6, acknowledged=5)},
    events={"encounter.admitted": 4},
    deliveries={"payer-a": {"ready": 2, "delivered": 1}},
    latest=(("encounter.admitted", "enc_01"),),
    known=Known(Tally(persons=3, stays={"closed": 7}), open_reviews=12),
)


def text_of(renderable):
    console = Console(file=io.StringIO(), width=120)
    console.print(renderable)
    return console.file.getvalue()


def test_shows_feeds_events_deliveries_and_the_latest():
    text = text_of(render(SNAPSHOT, 2.5))

    for shown in ("klinik-nord", "encounter.admitted", "payer-a", "ready", "enc_01"):
        assert shown in text
    assert "stays closed" in text
    assert "12" in text


def test_shows_nothing_yet_at_the_beginning():
    assert "Hospitals" in text_of(render(Snapshot(), 0))


def test_draws_on_a_terminal():
    console = Console(file=io.StringIO(), force_terminal=True, width=120, height=60)
    with View(console) as view:
        view.draw(SNAPSHOT)

    assert "klinik-nord" in console.file.getvalue()


def test_writes_nothing_where_there_is_no_terminal():
    console = Console(file=io.StringIO())
    with View(console) as view:
        view.draw(SNAPSHOT)

    assert console.file.getvalue() == ""
