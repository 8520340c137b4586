"""Profiles proposed from samples. All messages are synthetic."""

import json
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import PLACEHOLDERS, Hl7Profile
from hub_hl7.learning.clocks import Clocks
from hub_hl7.learning.learn import learn
from hub_hl7.learning.questions import QUESTION
from hub_hl7.learning.sampling import MOST_MESSAGES, UNREADABLE
from hub_hl7.wire import mllp

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"

GERMAN = {17: "DEU", 7: "20260310081502"}
BATCH = b"BHS|^~\\&\r%bBTS|%d\r"


def found(learned, topic):
    """Return the counts of one topic by value."""
    return {one.value: one.count for one in learned.findings if one.topic == topic}


def asked(learned):
    return set(found(learned, QUESTION))


def numbered(adt, count, **changes):
    """Return messages that differ in MSH-10."""
    msh = changes.pop("msh", {})
    return [adt(msh={**msh, 10: f"C{n}"}, **changes) for n in range(count)]


def test_a_feed_as_the_standard_wants_it_needs_no_profile(adt):
    learned = learn(numbered(adt, 3, msh={18: "UNICODE UTF-8"}))

    assert learned.profile == {}
    assert found(learned, "version") == {"2.5": 3}
    assert found(learned, "type") == {"ADT^A01": 3}
    assert found(learned, "sender") == {"KIS | KLINIK_TEST": 3}
    assert found(learned, "fact") == {"start": 3}
    assert found(learned, "anomaly") == {}


def test_each_field_is_counted_with_its_share(adt):
    learned = learn([adt(), adt(pid={8: ""}, msh={10: "2"})])
    fields = {
        one.value: (one.count, one.remark)
        for one in learned.findings
        if one.topic == "field"
    }

    assert fields["PID-3"] == (2, "in 100 % of 2")
    assert fields["PID-8"] == (1, "in 50 % of 2")
    assert "PID-4" not in fields


def test_segments_of_the_site_are_told(adt):
    learned = learn([adt(extra=("ZPI|1|x", "ZPI|2"))])

    assert found(learned, "local_segment") == {"ZPI": 2}


def test_messages_are_found_in_batches_and_captures(adt):
    one, two, three, four = numbered(adt, 4)
    batch = BATCH % (one + two, 2)
    learned = learn([batch, mllp.encode(three) + mllp.encode(four)])

    assert found(learned, "messages") == {"in all": 4}
    assert (
        found(learned, "anomaly").items()
        >= {
            "sample.batch": 1,
            "sample.framed": 1,
        }.items()
    )


def test_a_batch_with_a_wrong_count_is_learnt_from_all_the_same(adt):
    learned = learn([BATCH % (adt(), 9)])

    assert found(learned, "messages") == {"in all": 1}
    assert found(learned, "anomaly")["sample.hl7-010"] == 1


def test_no_more_messages_than_the_limit_are_looked_at():
    learned = learn([b"MSH|^~\\&|\r" * (MOST_MESSAGES + 1)])

    assert found(learned, "messages") == {"in all": MOST_MESSAGES}
    assert found(learned, "anomaly")["sample.more_messages"] == 1


# Letters.


def test_latin_1_that_is_not_declared_becomes_the_default(adt):
    samples = numbered(adt, 3, encoding="latin-1")
    learned = learn(samples)
    facts = normalise(samples[0], Hl7Profile(**learned.profile)).facts

    assert learned.profile["charset_default"] == "8859/1"
    assert found(learned, "bytes") == {"other": 3}
    assert found(learned, "anomaly")["charset.undeclared"] == 3
    assert "charset_default" in asked(learned)
    assert facts[0].subject.demographics["names"][0]["given"] == "Änne"


def test_utf_8_that_is_not_declared_needs_nothing(adt):
    learned = learn([adt()])

    assert "charset_default" not in learned.profile
    assert "charset_default" not in asked(learned)


def test_the_country_tells_which_single_byte_set_it_is(adt):
    name = {5: "Wąsik^Łucja"}
    learned = learn([adt(pid=name, msh={17: "POL"}, encoding="iso8859_2")])

    assert learned.profile["charset_default"] == "8859/2"
    assert "charset_default" not in asked(learned)


def test_japanese_is_known_by_its_escapes(adt):
    learned = learn([adt(pid={5: "山田^太郎"}, encoding="iso2022_jp")])

    assert learned.profile["charset_default"] == "ISO IR87"


def test_a_feed_that_declares_the_wrong_set_is_known_better(adt):
    said = {18: "8859/1"}
    learned = learn(numbered(adt, 2, msh=said))
    result = normalise(adt(msh=said), Hl7Profile(**learned.profile))

    assert learned.profile["charset_policy"] == "feed_first"
    assert found(learned, "anomaly")["charset.mismatch"] == 2
    assert "charset.mismatch" not in result.warnings


def test_a_feed_that_declares_utf_8_and_sends_latin_1_is_known_better(adt):
    said = {18: "UNICODE UTF-8"}
    learned = learn(numbered(adt, 2, msh=said, encoding="latin-1"))

    assert learned.profile["charset_policy"] == "feed_first"
    assert learned.profile["charset_default"] == "8859/1"
    assert found(learned, "anomaly").keys() == {"charset.mismatch"}


def test_a_feed_that_is_wrong_now_and_then_is_not_overruled(adt):
    right = adt(msh={18: "8859/1"}, encoding="latin-1")
    wrong = adt(msh={18: "8859/1", 10: "2"})
    learned = learn([right, wrong])

    assert "charset_policy" not in learned.profile
    assert found(learned, "anomaly")["charset.mismatch"] == 1


def test_a_declared_set_of_several_bytes_is_believed(adt):
    learned = learn(
        [adt(pid={5: "王^明"}, msh={18: "GB 18030-2000"}, encoding="gb18030")]
    )

    assert learned.profile == {}


def test_a_set_that_nobody_knows_is_not_repeated(adt):
    learned = learn([adt(msh={18: "Musterfrau"}), adt(msh={18: "UNICODE UTF-16"})])

    assert found(learned, "charset") == {
        "not in table 0211": 1,
        "UNICODE UTF-16": 1,
    }
    assert found(learned, "problem") == {"HL7-004": 1}


# Clocks.


def test_the_country_tells_the_time_zone(adt):
    learned = learn([adt(msh=GERMAN)])

    assert learned.profile["time_zone"] == "Europe/Berlin"
    assert learned.profile["country"] == "DE"
    assert "time_zone" not in asked(learned)


def test_the_region_of_the_language_is_a_country(adt):
    learned = learn([adt(msh={19: "de-AT"})])

    assert learned.profile["time_zone"] == "Europe/Vienna"


@pytest.mark.parametrize("msh", [{19: "de"}, {17: "USA"}, {}])
def test_a_zone_that_the_samples_do_not_say_is_asked_for(adt, msh):
    learned = learn([adt(msh=msh)])

    assert "time_zone" not in learned.profile
    assert "time_zone" in asked(learned)


def test_offsets_that_contradict_the_country_are_asked_about(adt):
    learned = learn([adt(msh={17: "DEU", 7: "20260310081502+0500"})])

    assert found(learned, "offset") == {"+05:00": 1}
    assert "time_zone" not in learned.profile
    assert "time_zone" in asked(learned)


def test_offsets_of_both_seasons_agree_with_the_country(adt):
    winter = adt(msh={17: "DEU", 7: "20260110081502+0100"})
    summer = adt(msh={17: "DEU", 7: "20260710081502+0200", 10: "2"})
    learned = learn([winter, summer])

    assert learned.profile["time_zone"] == "Europe/Berlin"


def test_a_feed_that_sends_offsets_everywhere_needs_no_zone(adt):
    learned = learn(
        [
            adt(
                evn={2: "20260310081455+0100", 6: "20260310080500+0100"},
                pv1={44: "20260310080500+0100"},
            )
        ]
    )

    assert "time_zone" not in asked(learned)


def test_an_offset_that_no_place_has_is_odd(adt):
    learned = learn([adt(msh={7: "20260310081502+9900"})])

    assert found(learned, "anomaly")["time.offset_invalid"] == 1


def test_times_that_are_all_at_midnight_are_dates(adt):
    padded = {"evn": {6: "202603100000"}, "pv1": {44: "20260310000000"}}
    learned = learn(numbered(adt, 2, **padded))

    assert learned.profile["midnight_means_day"] is True


def test_midnights_among_other_times_are_asked_about(adt):
    padded = {"evn": {6: "202603100000"}, "pv1": {44: "20260310000000"}}
    learned = learn([*numbered(adt, 2, **padded), adt()])

    assert "midnight_means_day" not in learned.profile
    assert "midnight_means_day" in asked(learned)


def test_no_clock_is_no_padded_clock():
    assert not Clocks(Counter()).midnight_is_padding


# Numbers, classes, and who may decide.


def test_numbers_without_authority_belong_to_the_only_facility(adt):
    learned = learn([adt(pid={3: "0047"}, pv1={19: "F1"})])

    assert learned.profile["assigning_authority"] == "KLINIK_TEST"


@pytest.mark.parametrize(
    "more",
    [
        {"msh": {4: "KLINIK_ZWEI", 10: "2"}, "pid": {3: "1"}},
        {"pid": {3: "1^^^ANDERE^PI"}, "msh": {10: "2"}},
    ],
)
def test_numbers_that_could_be_of_several_are_asked_about(adt, more):
    learned = learn([adt(pid={3: "0047"}, pv1={19: ""}), adt(**more, pv1={19: ""})])

    assert "assigning_authority" not in learned.profile
    assert "assigning_authority" in asked(learned)


def test_numbers_of_a_sender_without_a_name_are_asked_about(adt):
    learned = learn([adt(msh={4: ""}, pid={3: "1"}, pv1={19: "2"})])

    assert "assigning_authority" in asked(learned)


def test_a_class_that_is_not_known_is_asked_about_and_not_chosen(adt):
    learned = learn([adt(pv1={2: "teilst"}), adt(pv1={2: "I"}, msh={10: "2"})])
    remarks = {one.value: one.remark for one in learned.findings}

    assert "class_map" not in learned.profile
    assert asked(learned) >= {"class_map.TEILST"}
    assert "day-case" in remarks["class_map.TEILST"]
    assert found(learned, "class") == {"I": 1, "TEILST": 1}


def test_test_messages_are_asked_about_and_not_applied(adt):
    learned = learn([adt(msh={11: "T"})])

    assert "test_messages" not in learned.profile
    assert "test_messages" in asked(learned)
    assert found(learned, "fact") == {"start": 1}


def test_values_that_stand_for_nothing_become_placeholders(adt):
    learned = learn([adt(pid={5: "UNBEKANNT", 18: "n/a"}, pv1={19: "99999"})])

    assert learned.profile["placeholders"] == [*PLACEHOLDERS, "N/A", "UNBEKANNT"]
    assert found(learned, "placeholder") == {"99999": 1, "N/A": 1, "UNBEKANNT": 1}


def test_a_number_that_several_contacts_share_is_a_case(adt):
    case = {19: "F1^^^KLINIK_TEST"}
    first = adt(pv1={**case, 44: "202603100800"})
    end = adt(trigger="A03", pv1={**case, 44: "202603100800", 45: "202603120900"})
    second = adt(pv1={**case, 44: "202603200800"})
    for samples in ([first, end, second], [second, end, first]):
        assert learn(samples).profile["visit_number_scope"] == "case"
    for samples in ([first, end], [first, second], [end, second]):
        assert "visit_number_scope" not in learn(samples).profile


def test_movements_are_counted_by_their_action(adt):
    zbe = ("ZBE|1|20260310||INSERT", "ZBE|2|20260310||Musterfrau")
    learned = learn([adt(extra=zbe)])

    assert found(learned, "movement") == {"INSERT": 1, UNREADABLE: 1}


# Form.


@pytest.mark.parametrize(
    ("change", "anomaly"),
    [
        (lambda body: body.replace(b"000471133", b""), "control_id.missing"),
        (lambda body: body.replace(b"\r", b"\n"), "line_end.lf"),
        (lambda body: body.replace(b"\r", b"\r\n"), "line_end.crlf"),
        (lambda body: body.replace(b"\rPV1", b"\nPV1"), "line_end.mixed"),
        (lambda body: b"\xef\xbb\xbf" + body, "charset.byte_order_mark"),
        (lambda body: body + b"PID|||2\r", "pid.repeated"),
        (lambda body: body.replace(b"\rPID", b"\rZID"), "pid.missing"),
        (lambda body: body.replace(b"|", b"$"), "delimiters.unusual"),
        (lambda body: body.replace(b"^~\\&", b"^~\\\\&"), "delimiters.repeated"),
        (lambda body: body + b"and so on\r", "segment.unreadable"),
        (lambda body: body.replace(b"0047", rb"A\47"), "escape.unpaired"),
    ],
)
def test_what_is_odd_is_told_and_explained(adt, change, anomaly):
    learned = learn([change(adt())])
    remarks = [one.remark for one in learned.findings if one.value == anomaly]

    assert found(learned, "anomaly").get(anomaly) == 1
    assert all(remarks)


def test_messages_that_come_again_are_told_from_ids_that_do(adt):
    anomalies = found(learn([adt(), adt(), adt(pid={8: "M"})]), "anomaly")

    assert anomalies["message.repeated"] == 1
    assert anomalies["control_id.reused"] == 1


def test_acknowledgement_modes_are_told(adt):
    learned = learn([adt(msh={15: "AL", 16: "NE"}), adt(msh={10: "2"})])

    assert found(learned, "accept/application_ack") == {"AL/NE": 1}


@pytest.mark.parametrize("sample", [b"", b"no message", b"\xff\xfe", b"MSH", b"MSH|||"])
def test_what_is_no_message_is_a_problem_in_the_words_of_the_catalogue(sample):
    learned = learn([sample])
    remarks = [one.remark for one in learned.findings if one.topic == "problem"]

    assert learned.profile == {}
    assert all(remarks)
    assert len(remarks) == 1


def test_no_samples_teach_nothing():
    assert learn([]).profile == {}


def test_names_that_are_too_long_or_a_patients_are_not_repeated(adt):
    long, shifted = "KLINIK" * 10, "MUSTERFRAU"
    learned = learn([adt(msh={4: long}), adt(msh={3: shifted}, pv1={2: shifted})])
    text = msgspec.json.encode(learned).decode()

    assert long not in text
    assert shifted not in text


# What holds for every sample.

letters = st.text(st.characters(codec="utf-8", categories=["Lu", "Ll", "Nd"]))
canaries = letters.map(lambda text: f"ZQKANARIE{text}")
places = st.sampled_from(
    [*(("pid", n) for n in (2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 18, 19, 20, 21, 23)),
     *(("pv1", n) for n in (3, 7, 17, 19, 44, 50)), ("evn", 5), ("msh", 8), ("msh", 10)]
)  # fmt: skip
shapes = st.sampled_from(
    ["{}", "{}^{}", "1^{}", "{}~{}", "{}&{}", "1~{}^x", "\\{}\\", "{}\\X0D\\PID|1"]
)
fast = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@fast
@given(st.dictionaries(places, st.tuples(shapes, canaries), min_size=1, max_size=5))
def test_nothing_that_stands_in_a_field_is_repeated(adt, planted):
    changes = {"pid": {}, "pv1": {}, "evn": {}, "msh": {}}
    for (segment, number), (shape, canary) in planted.items():
        changes[segment][number] = shape.replace("{}", canary)
    text = msgspec.json.encode(learn([adt(**changes)])).decode()

    assert "ZQKANARIE" not in text
    assert "zqkanarie" not in text.lower()


@fast
@given(st.lists(st.one_of(st.binary(), st.binary().map(lambda b: b"MSH|^~\\&" + b))))
def test_any_bytes_give_a_profile_that_is_accepted(samples):
    learned = learn(samples)
    json.dumps(learned.profile)

    assert Hl7Profile.model_validate(learned.profile)


@pytest.mark.corpus
@pytest.mark.skipif(
    not CORPUS.is_dir(),
    reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
)
def test_every_folder_of_the_corpus_gives_a_profile_that_is_accepted():
    for folder in sorted(path for path in CORPUS.iterdir() if path.is_dir()):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        learned = learn([path.read_bytes() for path in files])

        assert Hl7Profile.model_validate(learned.profile)
        assert found(learned, "messages")["in all"] >= len(files) / 2
