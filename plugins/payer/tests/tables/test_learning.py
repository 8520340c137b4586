"""What a sample of a table proposes, and what it leaves for a person to answer."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.tables import acks, caregap, roster
from hub_payer.tables.learning import learn_ack, learn_caregap, learn_roster
from hub_payer.tables.surveying import days_of, keys_of, trailer_of
from plugins.payer.tests.tables.tables import ACKS, GAPS, ROSTER, rows

LEARNERS = [
    (learn_roster, roster.RosterProfile),
    (learn_caregap, caregap.CareGapProfile),
    (learn_ack, acks.AckProfile),
]
#: Synthetic. A roster as a German spreadsheet writes it.
GERMAN = (
    "Bestand Oktober\r\n"
    "\r\n"
    "Mitgliedsnummer;Nachname;Vorname;Geburtsdatum;Geschlecht;PLZ;gültig ab;"
    "Schuhgröße\r\n"
    "00012345;Müller;Jürgen;31.12.1961;männlich;01234;01.01.2026;43\r\n"
    '00012346;"Muster; Mann";Ben;01.02.1975;M;24103;01.01.2026;41\r\n'
    "00012347;Beispiel;Cem;28.02.2001;divers;24105;01.07.2026;44\r\n"
    "Summe: 3\r\n"
)
ROOT = Path(
    os.environ.get("CAREHUB_CORPUS", Path(__file__).parents[5] / "shared" / "corpus")
)


def asked(learned):
    return {each.value for each in learned.findings if each.topic == "question"}


def told(learned, topic):
    return {each.value for each in learned.findings if each.topic == topic}


def test_a_german_spreadsheet_is_read_by_what_it_proposes():
    raw = GERMAN.encode("cp1252")

    learned = learn_roster([raw])

    expected = {
        "charset": "cp1252",
        "separator": ";",
        "skip_lines": 2,
        "date_formats": ["DD.MM.YYYY"],
        "semantics": "audit",
        "columns": {
            "member_id": "Mitgliedsnummer",
            "family_name": "Nachname",
            "given_name": "Vorname",
            "birth_date": "Geburtsdatum",
            "sex": "Geschlecht",
            "postal_code": "PLZ",
            "since": "gültig ab",
        },
    }
    assert expected.items() <= learned.profile.items()
    read = rows(raw, roster.RosterProfile(**learned.profile))
    assert [row.key for row in read] == ["00012345", "00012346", "00012347"]
    assert not any(row.problems for row in read)


def test_what_only_the_partner_knows_is_asked():
    learned = learn_roster([GERMAN.encode("cp1252")])

    assert asked(learned) == {"semantics", "system", "ignored"}
    assert told(learned, "leading_zeros") == {"member_id", "postal_code"}


def test_which_number_is_the_day_is_asked_and_not_guessed():
    sample = "Member ID,DOB,Start\n1,03/04/1961,01/13/2026\n2,05/06/1970,02/28/2026\n"

    learned = learn_roster([sample.encode()])

    assert "column_date_formats.birth_date" in asked(learned)
    assert learned.profile["date_formats"] == ["MM/DD/YYYY"]


@pytest.mark.parametrize("name", ["MRN", "Patientennummer", "Patienten-ID"])
def test_a_record_number_is_asked_for_its_system(name):
    sample = f"Member ID,{name}\n1,471\n2,472\n".encode()

    learned = learn_roster([sample])

    assert "identifiers" in asked(learned)
    assert learned.profile["columns"] == {"member_id": "Member ID"}


def test_days_of_a_spreadsheet_and_numbers_it_spoilt_are_seen():
    sample = b"Member ID,DOB\n1.23E+10,22380\n123,22381\n"

    learned = learn_roster([sample])

    assert learned.profile["excel_serials"] is True
    assert "id.scientific" in told(learned, "anomaly") & told(learned, "problem")


def test_numbers_of_several_lengths_may_have_lost_zeros():
    sample = b"Member ID,DOB\n00123,1961-04-07\n99,1961-04-08\n"

    assert "leading_zeros.member_id" in asked(learn_roster([sample]))


def test_what_makes_rows_unique_is_proposed():
    sample = b"Member ID,Plan,Start\n1,A,2026-01-01\n1,B,2026-01-01\n2,A,2026-01-01\n"

    assert learn_roster([sample]).profile["keys"] == ["member_id", "plan"]


def test_a_mark_at_the_start_says_the_character_set_itself():
    for codec in ("utf-8-sig", "utf-16"):
        learned = learn_roster([GERMAN.encode(codec)])

        read = rows(GERMAN.encode(codec), roster.RosterProfile(**learned.profile))
        assert len(read) == 3


def test_a_table_without_a_header_is_asked_about():
    sample = b"19990000002901,1234329724\n19990000002902,1234329724\n"

    learned = learn_roster([sample])

    assert learned.profile["header"] is False
    assert learned.profile["columns"] == {"member_id": 1}
    assert "columns" in asked(learned)


def test_a_header_without_a_number_of_members_is_asked_about():
    learned = learn_roster([b"Name,Plan\nMuster,A\nBeispiel,B\n"])

    assert "columns" in asked(learned)
    assert learned.profile["columns"]["family_name"] == "Name"


def test_a_file_without_quotes_has_none():
    sample = 'Member ID|Last Name\n1|O"Brien\n2|"Muster\n'

    assert learn_roster([sample.encode()]).profile["quote"] == ""


def test_care_gaps_and_answers_are_learnt_too():
    gaps, answers = learn_caregap([GAPS.encode()]), learn_ack([ACKS.encode()])

    assert gaps.profile["columns"]["measure"] == "Measure"
    assert answers.profile["columns"] == {
        "file": "File",
        "status": "Status",
        "codes": "Codes",
    }


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("Total: 4,312", "Total: 17"),
        ("TRL|00000123|20261001", "TRL|00000007|20261101"),
        ("Summe;3;;", "Summe;12;;"),
        ("Endres,Anna,3", ""),
        ("M1,Muster", ""),
    ],
)
def test_a_last_line_that_counts_is_a_trailer(line, fits):
    pattern = trailer_of(line)

    assert bool(pattern) == bool(fits)
    if fits:
        assert re.fullmatch(pattern, fits)["count"]


def test_days_that_nobody_can_read_are_none():
    assert not days_of(["soon", "later"]).format
    assert not days_of([]).format
    assert keys_of([{"a": "1"}, {"a": "1"}], ["a"], ["b"]) == ["a"]


@pytest.mark.parametrize(("learn", "kind"), LEARNERS)
@pytest.mark.parametrize("sample", [b"", b"\n \n", b"%PDF-1.7", b"x", b"a,b\n"])
def test_whatever_is_learnt_is_a_profile(learn, kind, sample):
    assert kind.model_validate(learn([sample]).profile)


@given(st.binary(max_size=200) | st.text('a1",;\n\r=:.-/', max_size=120))
def test_no_sample_is_too_bad_to_learn_from(sample):
    raw = sample if isinstance(sample, bytes) else sample.encode()

    for learn, kind in LEARNERS:
        assert kind.model_validate(learn([raw]).profile)


def test_no_finding_holds_what_stands_in_a_cell():
    learned = learn_roster([GERMAN.encode("cp1252"), ROSTER.encode()])

    said = repr(learned)
    for value in ("00012345", "Müller", "1961", "Cem", "43", "Oktober", "Schuh"):
        assert value not in said


@pytest.mark.parametrize("name", ["test_associations.csv", "plan.csv", "pharmacy.csv"])
def test_files_that_nobody_here_wrote_give_profiles_that_read_them(name):
    found = sorted((ROOT / "roster").rglob(name))
    if not found:
        pytest.skip(f"the corpus is not at {ROOT}")
    raw = found[0].read_bytes()

    learned = learn_roster([raw])

    read = rows(raw, roster.RosterProfile(**learned.profile))
    assert read
    assert "row.width" not in {each.code for row in read for each in row.problems}
