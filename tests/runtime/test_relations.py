"""Who looks after whom, by panels in a store. Everybody in here is made up."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.config.panels import PanelTable
from hub.coordination.ids import Keys
from hub.coordination.panel_errors import UnknownEpisodeError
from hub.coordination.panels import Member, Panel
from hub.model.facts import FactKind
from hub.model.identifiers import Identifier
from hub.runtime.panel_episodes import follow, keys_of, lasting, leave
from hub.runtime.panel_loading import Given, Loader
from hub.runtime.relations import Contract, Relations, StoredPanels
from hub.store import panel_episodes, panel_members
from hub.store.panel_queries import PanelReader
from hub.store.panel_views import EpisodeWanted, VisitNumber
from hub.store.reading import Looks
from hub.store.sqlite import DATABASE_NAME
from tests.runtime.facts import fact, reads
from tests.runtime.setting import put

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ANNA, BERTA = Identifier("NORD", "P1", "MR"), Identifier("NORD", "P2", "MR")
INSURED = Identifier("KASSE", "A1", "KVNR")
HEADER = "patient_id,assigning_authority,identifier,valid_from,valid_to,purpose"
CONTRACTS = {
    "payer": Contract(90, programme="asthma", purpose="payment"),
    "clinic": Contract(),
    "episode:follower": Contract(),
}


class World:
    """Loads lists, and asks who is on them. `now` is the time on the clock."""

    def __init__(self, store, folder):
        self.store = store
        self.now = NOW
        self._folder = folder
        tables = dict.fromkeys(("payer", "clinic", "unasked"), PanelTable(max_drop=1))
        self._loader = Loader(
            store.writer,
            store.reader,
            store.folder,
            tables,
            rest=0,
            clock=lambda: self.now,
        )
        self.reader = store.reader()
        self.asked = []
        self.keys = Keys(store.secret)
        self.relations = self.make()

    def make(self):
        return Relations(source=_Counting(self.reader, self.asked))

    def load(self, *rows, panel="payer"):
        file = self._folder / "list.csv"
        file.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        self._loader.load(Given(panel, file))

    def links(self, *identifiers, keys=()):
        self.relations.refresh()
        return self.relations.links(identifiers, keys)

    def follow(self, **wanted):
        """Follow an encounter for ``follower``."""
        wanted = {"subscription": "follower", "days_after": 30} | wanted
        whole = EpisodeWanted(patient_id="F-1", **wanted)
        return follow(self.store.writer, self.keys, whole)

    def look(self):
        """Look at what ended; return what lasts until another day now."""
        changed = lasting(self.reader, self.keys)
        if changed:
            self.store.writer.call(panel_episodes.last, changed)
        return changed

    @property
    def episodes(self):
        looks = Looks(self.store.folder / DATABASE_NAME)
        return PanelReader(looks).episodes()


class _Counting(StoredPanels):
    """Says in `asked` how many numbers each question to the store was about."""

    def __init__(self, connection, asked):
        super().__init__(connection, CONTRACTS)
        self._asked = asked

    def entries(self, numbers):
        numbers = list(numbers)
        self._asked.append(len(numbers))
        return super().entries(numbers)


@pytest.fixture
def world(store, tmp_path):
    world = World(store, tmp_path)
    with closing(world.reader):
        yield world


def test_somebody_is_found_by_any_of_their_numbers(world):
    world.load("M-1,NORD,P1", "M-9,NORD,P9")
    world.load("C-1,KASSE,A1", panel="clinic")

    links = world.links(ANNA, INSURED)

    assert {name: [each.patient_id for each in links[name]] for name in links} == {
        "payer": ["M-1"],
        "clinic": ["C-1"],
    }
    assert world.links(BERTA) == {}


def test_entries_are_in_the_order_of_the_numbers(world):
    world.load("M-1,NORD,P1", "M-2,KASSE,A1")

    one, other = world.links(INSURED, ANNA)["payer"]

    assert (one.patient_id, other.patient_id) == ("M-2", "M-1")


def test_an_entry_says_when_it_was_confirmed_and_when_it_is_stale(world):
    world.load("M-1,NORD,P1,2026-01-01,2026-06-30,treatment", "M-2,NORD,P2")

    [one], [other] = world.links(ANNA)["payer"], world.links(BERTA)["payer"]

    assert one == Member(
        "M-1",
        date(2026, 1, 1),
        date(2026, 6, 30),
        "asthma",
        "treatment",
        "",
        NOW,
        date(2026, 6, 14),
    )
    assert other.purpose == "payment"
    assert not one.stale(date(2026, 6, 13))
    assert one.stale(date(2026, 6, 14))


def test_the_same_list_again_keeps_it_from_being_stale(world):
    world.load("M-1,NORD,P1")
    before = world.links(ANNA)["payer"][0].stale_from
    world.now += timedelta(days=80)
    world.load("M-1,NORD,P1")

    assert world.links(ANNA)["payer"][0].stale_from == before + timedelta(days=80)


def test_a_panel_that_nobody_asks_for_is_left_out(world):
    world.load("M-1,NORD,P1", panel="unasked")

    assert world.links(ANNA) == {}


def test_a_list_that_is_put_in_force_counts_from_the_next_round_on(world):
    world.load("M-1,NORD,P1")
    generation = world.relations.generation
    assert world.links(ANNA)["payer"]

    world.load("M-2,NORD,P2")
    assert world.relations.links((ANNA,), ())["payer"]

    assert world.links(ANNA) == {}
    assert world.links(BERTA)["payer"]
    assert world.relations.generation > generation


def test_what_is_known_is_not_asked_again(world):
    world.load("M-1,NORD,P1")
    world.asked.clear()

    for _ in range(3):
        world.links(ANNA, BERTA)
        world.links(BERTA)

    assert world.asked == [2]


def test_a_round_is_one_question(world):
    world.load("M-1,NORD,P1")
    world.asked.clear()
    world.relations.refresh()
    world.relations.expect([ANNA, BERTA, ANNA, INSURED], ["enc_1"])

    world.relations.links((ANNA, INSURED), ["enc_1"])
    world.relations.links((BERTA,), ["enc_1"])

    assert world.asked == [3]


def test_nothing_is_asked_where_there_is_no_panel(world):
    statements = []
    world.links(ANNA)
    world.reader.set_trace_callback(statements.append)

    assert world.links(BERTA) == {}
    assert not [each for each in statements if "panel_member" in each]


def test_panels_in_memory_do_the_same():
    panels = {"members": Panel("members", {("NORD", "P1"): (Member("M-1"),)})}
    relations = Relations(panels)
    relations.refresh()
    relations.expect([ANNA], [])

    assert relations.links((BERTA, ANNA), ()) == {"members": (Member("M-1"),)}
    assert relations.links((BERTA,), ()) == {}
    assert relations.generation == 0


def test_an_episode_is_about_an_encounter_and_what_follows_on_it(world):
    key = world.follow(entity="enc_1")

    stay = world.keys.stay(key)
    for each in (key, stay, world.keys.transition(stay)):
        links = world.links(BERTA, keys=(each, ""))
        assert [one.patient_id for one in links["episode:follower"]] == ["F-1"]
    assert world.links(BERTA, keys=("enc_2",)) == {}


def test_an_episode_may_be_about_a_visit_of_which_nobody_told_yet(world):
    visit = VisitNumber(source="klinik-nord", value="V1", system="NORD")

    key = world.follow(visit=visit)

    assert key.startswith("enc_")
    assert world.links(keys=(key,))["episode:follower"]


def test_an_episode_lasts_until_the_day_that_was_named(world):
    world.follow(entity="enc_1", until=date(2026, 4, 1))

    assert world.look() == []
    [entry] = world.links(keys=("enc_1",))["episode:follower"]
    assert entry.active(date(2026, 4, 1))
    assert not entry.active(date(2026, 4, 2))


def test_an_episode_of_what_nobody_tells_of_ends_by_itself(world):
    world.follow(entity="enc_1", days_after=7)
    today = datetime.now(UTC).date()

    world.look()

    [entry] = world.links(keys=("enc_1",))["episode:follower"]
    assert entry.valid_to == today + timedelta(days=7)
    assert world.look() == []


def test_an_episode_lasts_some_days_longer_than_the_encounter(
    world, make, store, query
):
    """It goes on while the encounter does, and again where its end is taken back."""
    facts = {
        b"1": fact(),
        b"2": fact(FactKind.END, hour=12),
        b"3": fact(FactKind.CANCEL, hour=13, cancels=FactKind.END),
    }
    lasts = []
    for body in facts:
        put(store.writer, body)
        make(reads(facts)).work()
        [(key,)] = query("SELECT key FROM entity WHERE kind = 'encounter'")
        if body == b"1":
            world.follow(entity=key, days_after=10_000)
        world.look()
        lasts.append(world.episodes[-1].until)

    today = datetime.now(UTC).date()
    assert lasts == [None, today + timedelta(days=10_000), None]


def test_an_episode_that_nobody_follows_any_more_is_gone(world):
    world.follow(entity="enc_1")

    leave(world.store.writer, world.keys, "follower", "enc_1")

    assert world.links(keys=("enc_1",)) == {}
    assert world.episodes == []
    with pytest.raises(UnknownEpisodeError):
        leave(world.store.writer, world.keys, "follower", "enc_1")


def test_to_follow_something_again_is_to_follow_it_once(world):
    world.follow(entity="enc_1", until=date(2026, 4, 1))
    world.follow(entity="enc_1", until=date(2026, 5, 1))

    [entry] = world.links(keys=("enc_1",))["episode:follower"]
    assert entry.valid_to == date(2026, 5, 1)
    panels = panel_members.panels(world.reader)
    assert panels["episode:follower"].members == 3


def test_a_record_stands_for_nothing_else(world):
    assert keys_of(world.keys, "rec_1") == ("rec_1",)
