"""What the audit says to who asks. All data here is synthetic."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.model.delivery import DeliveryState, Outcome
from hub.store import audit_keys
from hub.store.audit_errors import AuditKeyError
from hub.store.paging import encode_cursor
from hub.store.query_errors import BadCursorError, UnknownIdError
from tests.store.audited import Audited


@pytest.fixture
def audited(tmp_path):
    return Audited(tmp_path / "data").tell("one", digest="ab", evidence="HTTP 202")


def test_records_are_shown_newest_first(audited):
    found = audited.reader.audit.records().items

    assert found[-1].action == "audit.opened"
    assert found[0].action == "notice.sent"
    assert [each.n for each in found] == list(range(len(found), 0, -1))


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"action": "notice.sent"}, 1),
        ({"recipient": "payer"}, 1),
        ({"outcome": "accepted"}, 1),
        ({"object": "evt_one"}, 2),
        ({"actor": "nobody"}, 0),
        ({"since": datetime.now(UTC) + timedelta(days=1)}, 0),
        ({"until": datetime(2026, 1, 1, tzinfo=UTC)}, 0),
    ],
)
def test_records_are_found_by_what_they_say(audited, filters, count):
    assert len(audited.reader.audit.records(**filters).items) == count


def test_records_are_read_page_by_page(audited):
    reader, whole = audited.reader.audit, audited.reader.audit.records().items
    found, cursor = [], None
    while len(found) < len(whole):
        page = reader.records(limit=1, cursor=cursor)
        found += page.items
        cursor = page.next

    assert found == whole
    assert cursor is None


def test_a_cursor_of_another_list_is_refused(audited):
    with pytest.raises(BadCursorError):
        audited.reader.audit.records(cursor=encode_cursor("event", "1"))


def test_disclosures_of_a_person_are_accounted_for(audited):
    [found] = audited.reader.audit.disclosures(audited.person)

    assert (found.recipient, found.purpose) == ("payer", "treatment")
    assert (found.outcome, found.receipt) == ("accepted", "HTTP 202")
    assert found.obligations == ["part2.notice"]
    assert found.consents == ["rec_1@2"]
    assert found.digest == "ab"
    [told] = found.told
    assert (told.event, told.type) == ("evt_one", "encounter.admitted")
    assert told.occurred == audited.occurred


def test_what_may_have_arrived_is_a_disclosure_and_what_did_not_is_none(audited):
    unknown = {"outcome": Outcome.UNKNOWN, "digest": "cd"}
    audited.tell("two", **unknown)
    audited.tell("three", new_state=DeliveryState.DEAD, digest="cd")

    outcomes = [
        each.outcome for each in audited.reader.audit.disclosures(audited.person)
    ]
    assert outcomes == ["accepted", "unknown"]


def test_what_could_not_even_be_made_is_no_disclosure(tmp_path):
    audited = Audited(tmp_path / "data").tell("one")

    assert audited.reader.audit.disclosures(audited.person) == []


def test_an_access_report_says_who_looked(audited):
    audited.look().look("operator-1", "access.broke_glass")

    found = audited.reader.audit.accesses(audited.person)
    assert [(each.actor, each.action) for each in found] == [
        ("analyst-1", "person.viewed"),
        ("operator-1", "access.broke_glass"),
    ]


def test_a_message_is_about_the_identities_of_its_facts(audited):
    message = audited.played.message(1).id

    assert audited.reader.audit.subjects(message) == [audited.person]
    assert audited.reader.audit.subjects("msg_unknown") == []
    assert audited.reader.audit.subjects_of_document("0" * 64) == []


def test_nobody_is_known_by_another_key(audited):
    with pytest.raises(UnknownIdError):
        audited.reader.audit.disclosures("p_nobody")


def test_without_the_key_nobody_is_found_by_their_token(audited):
    (audited.played.folder / audit_keys.SUBJECT_FILE).unlink()

    with pytest.raises(AuditKeyError):
        audited.reader.audit.accesses(audited.person)
