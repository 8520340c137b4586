"""A newcomer's first half hour: from samples of HL7 v2 to a feed that works.

The messages are synthetic; those of the corpus are only looked at where it is.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

import hub
from hub.cli import group
from hub.errors import HubError
from hub.model.facts import Normalised, Problem
from hub.registry import Registry
from hub_hl7.facts import normalise
from hub_hl7.learning import learn, outline
from hub_hl7.wire import batch

ROOT = Path(hub.__file__).parents[1]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"
MESSAGES = (
    # Synthetic: the person and the hospital are made up.
    "MSH|^~\\&|KIS|KLINIK|HUB|REGION|20260310081502||ADT^A01|{0}|P|2.5|||||DEU\r"
    "EVN||20260310081455||||20260310080500\r"
    "PID|||4711{0}||Weiß^Änne||19490117|F\r"
    "PV1||I|INN2^204^1||||||||||||||||F{0}|||||||||||||||||||||||||20260310080500\r"
)


def split(body, profile):
    """Do what a normaliser of batches does."""
    try:
        parts = batch.parts_of(body) if batch.is_batch(body) else ()
    except HubError as error:
        return Normalised(problem=Problem(error.code))
    return Normalised(parts=parts) if parts else normalise(body, profile)


@pytest.fixture(autouse=True)
def _plugins(monkeypatch):
    registry = Registry.discover({"HUB_LOAD_PLUGINS": "carehub-hl7"})
    known = dict(registry.normalisers)
    spec = replace(known["hl7-v2"], learn=learn.learn, outline=outline.outline)
    known["hl7-v2"] = spec
    known.setdefault("hl7-batch", replace(spec, name="hl7-batch", normalise=split))
    whole = replace(registry, normalisers=known)
    monkeypatch.setattr(Registry, "discover", lambda: whole)
    monkeypatch.setitem(group.COMMANDS, "feeds", "Show the feeds.")


@pytest.fixture
def samples(tmp_path):
    folder = tmp_path / "samples"
    folder.mkdir()
    both = MESSAGES.format(1) + MESSAGES.format(2)
    (folder / "two.hl7").write_bytes(both.encode("latin-1"))
    return folder


def configured(tmp_path, proposal):
    """Return a configuration whose only feed has the proposed profile."""
    path = tmp_path / "hub.toml"
    path.write_text(
        '# Synthetic\n[sources.feed]\nkind = "mllp-listener"\nport = 0\n'
        + proposal.read_text()
    )
    return path


def test_samples_become_a_feed_that_reads_them(hub, samples, tmp_path):
    proposal = tmp_path / "proposal.toml"
    learned = hub("feeds", "profile", "--learn", samples, "--output", proposal)
    checked = hub("check", "--config", configured(tmp_path, proposal))
    tried = hub("feeds", "try", proposal, samples, "--json", "--strict")
    trials = [json.loads(line) for line in tried.stdout.splitlines()]
    names = [
        trial["facts"][0]["subject"]["demographics"]["names"][0] for trial in trials
    ]

    assert learned.exit_code == checked.exit_code == tried.exit_code == 0
    assert 'charset_default = "8859/1"' in proposal.read_text()
    assert 'time_zone = "Europe/Berlin"' in proposal.read_text()
    assert 'assigning_authority = "KLINIK"' in proposal.read_text()
    assert [trial["control_id"] for trial in trials] == ["1", "2"]
    assert names == [{"family": "Weiß", "given": "Änne"}] * 2


def test_what_is_learnt_says_nothing_of_patients(hub, samples):
    result = hub("feeds", "profile", "--learn", samples)

    for content in ("Weiß", "Änne", "4711", "F1", "INN2", "1949"):
        assert content not in result.output


def test_a_warning_names_its_field_as_the_standard_does(hub, samples, tmp_path):
    body = MESSAGES.format(3).replace("19490117", "1949-77-77").encode()
    (samples / "odd.hl7").write_bytes(body)
    (tmp_path / "empty.toml").write_text("# Synthetic: the defaults\n")
    result = hub("feeds", "try", tmp_path / "empty.toml", samples / "odd.hl7")

    assert "(PID-7 Date/Time of Birth)" in result.stdout
    assert result.exit_code == 0


@pytest.mark.corpus
@pytest.mark.skipif(
    not CORPUS.is_dir(),
    reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
)
@pytest.mark.parametrize(
    "name", ["cosyte__hl7", "microsoft__FHIR-Converter", "crs4__hl7apy"]
)
def test_a_folder_of_strangers_becomes_a_feed(hub, tmp_path, name):
    proposal = tmp_path / "proposal.toml"
    learned = hub("feeds", "profile", "--learn", CORPUS / name, "--output", proposal)
    checked = hub("check", "--config", configured(tmp_path, proposal))
    tried = hub("feeds", "try", proposal, CORPUS / name, "--json")
    trials = [json.loads(line) for line in tried.stdout.splitlines()]

    assert learned.exit_code == checked.exit_code == tried.exit_code == 0
    assert any(trial["outcome"] == "facts" for trial in trials)
