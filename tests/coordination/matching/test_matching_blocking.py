import pytest
from hypothesis import given, settings

from hub.coordination.matching.blocking import blocking_keys
from hub.coordination.matching.decision import compare
from hub.coordination.matching.features import Features
from hub.model.identifiers import Identifier
from tests.coordination.matching.records import bare, features, named, phone, record


def shared(one, other):
    return set(blocking_keys(one)) & set(blocking_keys(other))


def test_the_keys_of_a_record():
    found = blocking_keys(record(Identifier("KLINIK", "0001", "MR")))

    assert found == (
        "b:1985:03:12",
        "g:06:657",
        "i:KLINIK:0001",
        "n:657:1985",
        "p:50667:j",
        "t:815247",
    )


def test_a_record_that_says_nothing_has_no_key():
    assert blocking_keys(Features()) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"names": named("Yilmaz", "Cem"), "addresses": None, "telecoms": None},
        {"birth_date": "1985-12-03", "names": None, "addresses": None},
        {"birth_date": "1985-12-24", "addresses": None, "telecoms": None},
        {"birth_date": None, "addresses": None, "telecoms": None},
        {"names": named("Johanna", "Mueller"), "birth_date": None, "addresses": None},
        {"names": named("Yilmaz", "Jo"), "birth_date": None, "telecoms": None},
        {"names": None, "birth_date": None, "telecoms": phone("+49-221-8815247")},
    ],
)
def test_records_that_agree_in_one_way_are_compared(changes):
    assert shared(record(), record(**changes))


def test_a_shared_mail_is_a_key():
    mail = [{"system": "email", "value": "Jo@berg.example"}]

    assert shared(bare(telecoms=mail), record(telecoms=mail)) == {"e:jo@berg.example"}


@settings(max_examples=300)
@given(features, features)
def test_whatever_would_be_linked_is_compared(one, other):
    linked = compare(one, other).state == "auto"

    assert not linked or shared(one, other)
