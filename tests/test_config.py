"""The configuration is checked as a whole, and every problem is told at once."""

from dataclasses import dataclass, field, replace
from datetime import time

import pytest
from pydantic import Field, field_validator

from hub.config import ConfigError, ConfigUnreadableError, load
from hub.config.subscribing import expand, parse_cadence
from hub.contract import DestinationSpec, NormaliserSpec, RendererSpec, SourceSpec
from hub.coordination.routes import Cadence
from hub.model.delivery import Rendered
from hub.model.facts import Normalised
from hub.model.taxonomy import EVENT_TYPES, INTERNAL_TYPES
from hub.settings import (
    ConfigPath,
    DestinationSettings,
    Secret,
    Settings,
    SourceSettings,
)


class WireSettings(SourceSettings):
    port: int = Field(default=2575, ge=0, description="The port.")


class Quirks(Settings):
    zone: str = Field(default="UTC", description="The zone.")


class WireProfile(Settings):
    charset: str = Field(default="ASCII", description="The character set.")
    quirks: Quirks = Field(default=Quirks(), description="More.")
    rules: list[Quirks] = Field(default=[], description="Many more.")


class ShelfSettings(DestinationSettings):
    folder: ConfigPath = Field(description="Where to put it.")
    password: Secret | None = Field(default=None, description="The password.")
    mode: str = Field(default="plain", description="How.")

    @field_validator("mode")
    @classmethod
    def _explode(cls, mode):
        if mode == "explode":
            raise RuntimeError("s3cret")
        return mode


class TextOptions(Settings):
    separator: str = Field(default=";", description="The separator.")


def wire(kind="wire-listener", normaliser="plain"):
    return SourceSpec(
        kind=kind,
        settings=WireSettings,
        build=lambda settings: settings,
        normaliser=normaliser,
        summary="Listens.",
    )


def plain(name="plain"):
    return NormaliserSpec(
        name=name,
        media_type="text/plain",
        profile=WireProfile,
        normalise=lambda _body, _profile: Normalised(unmapped="nothing"),
        summary="Reads.",
    )


SHELF = DestinationSpec(
    kind="shelf",
    settings=ShelfSettings,
    build=lambda settings: settings,
    summary="Keeps.",
)
TEXT = RendererSpec(
    name="text",
    options=TextOptions,
    render=lambda _notices, _options: Rendered(body=b"x", media_type="text/plain"),
    summary="Writes.",
    max_notices=5,
)


@dataclass(frozen=True)
class Shop:
    sources: dict = field(default_factory=lambda: {"wire-listener": wire()})
    destinations: dict = field(default_factory=lambda: {"shelf": SHELF})
    normalisers: dict = field(default_factory=lambda: {"plain": plain()})
    renderers: dict = field(default_factory=lambda: {"text": TEXT})
    matchers: dict = field(default_factory=dict)
    quarantined: dict = field(default_factory=dict)


SHOP = Shop()
GOOD = """
[hub]
name = "region-nord"
data_dir = "data"

[admin]
port = 0

[sources.klinik-nord]
kind = "wire-listener"
port = 0
profile = { charset = "8859/1", quirks = { zone = "Europe/Berlin" } }

[destinations.payer-a]
kind = "shelf"
format = "text"
format_options = { separator = "," }
folder = "out"
password = "env:SHELF_PASSWORD"

[subscriptions.payer-a-members]
destination = "payer-a"
panel = "payer-a"
events = ["encounter.*", "stay.readmission_detected"]
purpose = "care_coordination"
cadence = "daily 06:00 Europe/Berlin"

[panels.payer-a]
file = "payer-a.csv"
"""
SECRET = "hunter2-of-the-shelf"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("SHELF_PASSWORD", SECRET)


@pytest.fixture
def write(tmp_path):
    def write(text, name="hub.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def problems(write):
    """Return the problems of a configuration, by path."""

    def problems(text, shop=SHOP):
        with pytest.raises(ConfigError) as caught:
            load(write(text), shop)
        return {problem.path: problem for problem in caught.value.problems}

    return problems


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_reads_everything_that_it_was_given(write, tmp_path):
    config = load(write(GOOD), SHOP)

    assert (config.hub.name, config.hub.data_dir) == ("region-nord", tmp_path / "data")
    assert (config.admin.host, config.admin.port) == ("127.0.0.1", 0)
    source = config.sources["klinik-nord"]
    assert (source.name, source.spec.kind, source.settings.port) == (
        "klinik-nord",
        "wire-listener",
        0,
    )
    assert (source.normaliser.name, source.profile.charset) == ("plain", "8859/1")
    assert source.profile.quirks.zone == "Europe/Berlin"
    destination = config.destinations["payer-a"]
    assert destination.settings.folder == tmp_path / "out"
    assert destination.settings.password.get_secret_value() == SECRET
    assert (destination.renderer, destination.options.separator) == (TEXT, ",")
    assert config.panels["payer-a"].file == tmp_path / "payer-a.csv"


def test_reads_a_subscription(write):
    subscription = load(write(GOOD), SHOP).subscriptions["payer-a-members"]

    assert (subscription.destination, subscription.panel) == ("payer-a", "payer-a")
    assert subscription.events == ("encounter.*", "stay.readmission_detected")
    assert "encounter.admitted" in subscription.types
    assert "stay.opened" not in subscription.types
    assert subscription.purpose == "care_coordination"
    assert subscription.cadence == Cadence(time(6), "Europe/Berlin")


def test_an_empty_file_is_a_hub_with_defaults(write, tmp_path):
    config = load(write(""), SHOP)

    assert config.hub.data_dir == tmp_path / "var/carehub"
    assert config.admin.port == 8080
    assert not config.sources


def test_is_frozen(write):
    config = load(write(GOOD), SHOP)

    with pytest.raises(AttributeError):
        config.hub = None
    with pytest.raises(ValueError, match="frozen"):
        config.hub.name = "other"


def test_merges_the_files_of_a_folder(write, tmp_path):
    head, tail = GOOD.split("[destinations")
    write(head, "a.toml")
    write("[destinations" + tail, "b.toml")
    write("nonsense", "notes.txt")

    config = load(tmp_path, SHOP)

    assert list(config.sources) == ["klinik-nord"]
    assert list(config.destinations) == ["payer-a"]


@pytest.mark.parametrize("table", ["[hub]", "[panels.payer-a]\nfile = 'x'"])
def test_names_both_files_that_hold_the_same_table(write, tmp_path, table):
    write(GOOD, "a.toml")
    write(table, "b.toml")

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, SHOP)

    (problem,) = caught.value.problems
    assert problem.file.endswith("b.toml")
    assert "a.toml" in problem.message


def test_tells_all_problems_at_once_each_on_a_line(write):
    text = changed("port = 0", "prt = 0").replace('"text"', '"txt"') + "[panel]\n"
    path = write(text)

    with pytest.raises(ConfigError) as caught:
        load(path, SHOP)

    head, *lines = str(caught.value).splitlines()
    assert head.startswith("[CONFIG-001] The configuration has problems: 4 in all.")
    assert sorted(line.strip() for line in lines) == [
        f"{path}: admin.prt: there is no such setting; did you mean port?",
        (
            f"{path}: destinations.payer-a.format: no plugin provides txt; "
            "did you mean text?"
        ),
        f"{path}: panel: there is no such table; did you mean panels?",
        (
            f"{path}: sources.klinik-nord.prt: there is no such setting; "
            "did you mean port?"
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "message", "suggestion"),
    [
        ("port = 0", "port = 'x'", "admin.port", "must be a valid integer", ""),
        ("port = 0", "port = -1", "admin.port", "greater than or equal to 0", ""),
        ("port = 0", "host = 'a b'", "admin.host", "the name or the address", ""),
        ("port = 0", "hosts = ['hub:80']", "admin.hosts.0", "without a port", ""),
        ("port = 0", "rate = 'often'", "admin.rate", 'must be like "600/1m"', ""),
        ("port = 0", "rate = '0/1m'", "admin.rate", 'must be like "600/1m"', ""),
        (
            'data_dir = "data"',
            'database = "env:SHELF_PASSWORD"',
            "hub.database",
            "PostgreSQL comes in a later release",
            "",
        ),
        ('"region-nord"', '"Region Nord"', "hub.name", "pattern", ""),
        (
            '"wire-listener"',
            '"wire-listner"',
            "sources.klinik-nord.kind",
            "no plugin provides wire-listner",
            "wire-listener",
        ),
        (
            'kind = "wire-listener"',
            "",
            "sources.klinik-nord.kind",
            "is required; there are: wire-listener",
            "",
        ),
        (
            'kind = "wire-listener"',
            "kind = 5",
            "sources.klinik-nord.kind",
            "must be a string",
            "",
        ),
        (
            'kind = "wire-listener"',
            'kind = "wire-listener"\nnormaliser = "plane"',
            "sources.klinik-nord.normaliser",
            "no plugin provides plane",
            "plain",
        ),
        (
            "charset =",
            "charst =",
            "sources.klinik-nord.profile.charst",
            "no such setting",
            "charset",
        ),
        (
            "zone =",
            "zon =",
            "sources.klinik-nord.profile.quirks.zon",
            "no such setting",
            "zone",
        ),
        (
            "quirks = {",
            "rules = [{}, {zne = 1}], quirks = {",
            "sources.klinik-nord.profile.rules.1.zne",
            "no such setting",
            "zone",
        ),
        (
            'profile = { charset = "8859/1", quirks = { zone = "Europe/Berlin" } }',
            "profile = 5",
            "sources.klinik-nord.profile",
            "must be a valid dictionary",
            "",
        ),
        (
            'kind = "shelf"',
            'kind = "shelve"',
            "destinations.payer-a.kind",
            "no plugin provides shelve",
            "shelf",
        ),
        (
            'format = "text"',
            "",
            "destinations.payer-a.format",
            "is required; there are: text",
            "",
        ),
        (
            "separator",
            "separatr",
            "destinations.payer-a.format_options.separatr",
            "no such setting",
            "separator",
        ),
        (
            'folder = "out"',
            "",
            "destinations.payer-a.folder",
            "is required",
            "",
        ),
        (
            'folder = "out"',
            'folder = "out"\ndead_letter = "skp"',
            "destinations.payer-a.dead_letter",
            "must be 'hold' or 'skip'",
            "skip",
        ),
        (
            'folder = "out"',
            'folder = "out"\nmax_notices = 6',
            "destinations.payer-a.max_notices",
            "the format text takes 5 at most",
            "",
        ),
        (
            'folder = "out"',
            'folder = "out"\nmode = "explode"',
            "destinations.payer-a",
            "validation raised RuntimeError",
            "",
        ),
        (
            'destination = "payer-a"',
            'destination = "payer-b"',
            "subscriptions.payer-a-members.destination",
            "there is no destination payer-b",
            "payer-a",
        ),
        (
            'panel = "payer-a"',
            'panel = "payers-a"',
            "subscriptions.payer-a-members.panel",
            "there is no panel payers-a",
            "payer-a",
        ),
        (
            '"encounter.*"',
            '"encounter.admittd"',
            "subscriptions.payer-a-members.events.0",
            "there is no event type encounter.admittd",
            "encounter.admitted",
        ),
        (
            'events = ["encounter.*", "stay.readmission_detected"]',
            "events = []",
            "subscriptions.payer-a-members.events",
            "at least 1",
            "",
        ),
        (
            'purpose = "care_coordination"',
            "",
            "subscriptions.payer-a-members.purpose",
            "is required",
            "",
        ),
        (
            '"care_coordination"',
            '"care-coordination"',
            "subscriptions.payer-a-members.purpose",
            "there is no purpose care-coordination",
            "care_coordination",
        ),
        (
            '"care_coordination"',
            '"marketing"',
            "subscriptions.payer-a-members.purpose",
            "marketing is no purpose",
            "",
        ),
        (
            "daily 06:00",
            "daily 24:00",
            "subscriptions.payer-a-members.cadence",
            'must be "immediate", "pull", or like',
            "",
        ),
        (
            "06:00 Europe/Berlin",
            "06:00 Europe/Berln",
            "subscriptions.payer-a-members.cadence",
            "there is no time zone Europe/Berln",
            "Europe/Berlin",
        ),
        ("[panels.payer-a]\nfile", "[panels.all]\nfile", "panels.all", "everyone", ""),
        ("[sources.klinik-nord]", "[sources.Nord]", "sources.Nord", "lower-case", ""),
        ("[sources.klinik-nord]", "[sources.carehub]", "sources.carehub", "own", ""),
        ("[admin]\nport", "[admim]\nport", "admim", "no such table", "admin"),
        ("[admin]\nport = 0", "", "admin", "must be a table", ""),
        ("[panels.payer-a]\nfile =", "[panels]\nx =", "panels.x", "a table", ""),
    ],
)
def test_says_what_is_wrong_and_what_was_meant(
    problems, old, new, path, message, suggestion
):
    text = changed(old, new)
    if path == "admin":
        text = "admin = 5\n" + text

    found = problems(text)

    assert message in found[path].message
    assert found[path].suggestion == suggestion


def test_a_key_is_complained_about_once(problems):
    assert len(problems(changed('format = "text"', ""))) == 1


def test_says_which_plugin_was_set_aside(problems):
    shop = replace(SHOP, sources={}, quarantined={"wires": "[PLUGIN-001] broken"})

    found = problems(GOOD, shop)

    message = found["sources.klinik-nord.kind"].message
    assert message.endswith("(set aside: wires: [PLUGIN-001] broken)")


def test_says_that_the_normaliser_of_a_kind_is_not_there(problems):
    found = problems(GOOD, replace(SHOP, normalisers={}))

    message = found["sources.klinik-nord.normaliser"].message
    assert message == "no plugin provides plain"


@pytest.mark.parametrize("text", ["[hub\n", "[hub]\nname = 1\nname = 2\n"])
def test_says_where_the_syntax_is_wrong(problems, text):
    message = problems(text)[""].message

    assert message.startswith("is not TOML")
    assert "(at line " in message


def test_does_not_miss_what_stands_in_an_unreadable_file(write, tmp_path):
    head, tail = GOOD.split("[destinations")
    write(head + "[subscriptions" + tail.split("[subscriptions")[1], "a.toml")
    write("[destinations", "b.toml")

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, SHOP)

    assert [problem.path for problem in caught.value.problems] == [""]


def test_says_that_a_file_is_not_utf_8(tmp_path):
    (tmp_path / "hub.toml").write_bytes(b"# \xff")

    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path / "hub.toml", SHOP)


def test_says_that_a_file_cannot_be_read(tmp_path):
    (tmp_path / "hub.toml").mkdir()

    with pytest.raises(ConfigError, match=r"hub.toml: cannot be read"):
        load(tmp_path, SHOP)


def test_says_that_a_file_is_missing(tmp_path):
    with pytest.raises(ConfigUnreadableError, match=r"CONFIG-002.*\n.*does not exist"):
        load(tmp_path / "hub.toml", SHOP)


def test_says_that_a_folder_is_empty(tmp_path):
    with pytest.raises(ConfigUnreadableError, match=r"no \*.toml"):
        load(tmp_path, SHOP)


def test_says_that_a_path_is_impossible(tmp_path):
    with pytest.raises(ConfigUnreadableError, match="cannot be read"):
        load(tmp_path / ("x" * 300), SHOP)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (SECRET, "never in place"),
        ("env:NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE is not set"),
        ("file:missing.txt", "cannot be read"),
        ("env:", "never in place"),
    ],
)
def test_says_what_is_wrong_with_a_secret_but_not_what_it_is(
    problems, reference, words
):
    found = problems(changed("env:SHELF_PASSWORD", reference))

    assert words in found["destinations.payer-a.password"].message
    assert SECRET not in repr(found)


def test_reads_a_secret_from_a_file_beside_the_configuration(write):
    write(f"{SECRET}\n", "password.txt")

    config = load(write(changed("env:SHELF_PASSWORD", "file:password.txt")), SHOP)

    password = config.destinations["payer-a"].settings.password
    assert password.get_secret_value() == SECRET


def test_a_problem_elsewhere_does_not_quote_a_secret(problems):
    found = problems(
        changed('folder = "out"', f'passwrd = "{SECRET}"\nmax_notices = "{SECRET}"')
    )

    assert found["destinations.payer-a.passwrd"].suggestion == "password"
    assert "destinations.payer-a.max_notices" in found
    assert SECRET not in repr(found)


def test_what_a_plugin_raises_is_not_quoted(problems):
    assert "s3cret" not in repr(problems(changed('"out"', '"out"\nmode = "explode"')))


def test_neither_repr_nor_export_show_a_secret(write):
    config = load(write(GOOD), SHOP)

    exported = config.export()
    assert exported["destinations"]["payer-a"]["password"] == "**********"
    assert SECRET not in repr(config) + repr(exported)


def test_exports_what_holds_including_defaults(write, tmp_path):
    exported = load(write(GOOD), SHOP).export()

    assert exported["hub"]["data_dir"] == str(tmp_path / "data")
    assert exported["admin"] == {
        "host": "127.0.0.1",
        "port": 0,
        "hosts": [],
        "rate": "600/1m",
    }
    source = exported["sources"]["klinik-nord"]
    assert (source["normaliser"], source["profile"]["rules"]) == ("plain", [])
    destination = exported["destinations"]["payer-a"]
    assert destination["format_options"] == {"separator": ","}
    assert exported["subscriptions"]["payer-a-members"] == {
        "destination": "payer-a",
        "panel": "payer-a",
        "events": ["encounter.*", "stay.readmission_detected"],
        "purpose": "care_coordination",
        "cadence": "daily 06:00 Europe/Berlin",
    }
    assert exported["panels"]["payer-a"]["file"] == str(tmp_path / "payer-a.csv")


@pytest.mark.parametrize(("setting", "most"), [("", 5), ("max_notices = 3", 3)])
def test_an_artifact_holds_what_the_format_allows_or_less(write, setting, most):
    text = changed('folder = "out"', f'folder = "out"\n{setting}')

    assert load(write(text), SHOP).destinations["payer-a"].max_notices == most


@pytest.mark.parametrize(
    ("patterns", "types"),
    [
        (["*"], EVENT_TYPES - INTERNAL_TYPES),
        (["match.*"], {"match.proposed"}),
        (
            ["need.changed", "plan.*"],
            {"need.changed", "plan.shared"} | {"plan.goal_changed"},
        ),
    ],
)
def test_patterns_stand_for_types(patterns, types):
    assert expand(patterns) == types


@pytest.mark.parametrize(
    "text", ["immediate", "daily 23:59 UTC", "daily 06:05 Asia/Tokyo"]
)
def test_a_cadence_reads_as_it_was_written(text):
    assert str(parse_cadence(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "daily 6:00 UTC",
        "daily 06:60 UTC",
        "daily 06:00 Europe",
        "daily 06:00 ../x",
    ],
)
def test_refuses_another_cadence(text):
    with pytest.raises(ValueError, match=r"daily|time zone"):
        parse_cadence(text)
