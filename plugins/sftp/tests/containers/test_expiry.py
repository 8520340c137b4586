"""Keys that are about to expire are said 60, 30 and 7 days before. Synthetic keys."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from hub_sftp.containers.errors import PartnerKeyUnusableError
from hub_sftp.containers.expiry import KeyWatch, expiring

# A minute of play: the keys are made some moments later.
NOW = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture(scope="module")
def ending(party):
    """A partner whose key ends in a hundred days."""
    return party("ending", expires="100d")


@pytest.fixture
def settings(pgp_of, us, ending):
    return pgp_of(us, ending)


@pytest.mark.parametrize(
    ("passed", "alarm"),
    [(39, None), (40, 60), (69, 60), (70, 30), (92, 30), (93, 7), (99, 7), (101, 7)],
)
def test_a_key_is_said_from_60_30_and_7_days_before(settings, passed, alarm):
    found = expiring(settings, NOW + timedelta(days=passed))

    assert [each.alarm for each in found] == ([] if alarm is None else [alarm])


def test_it_is_said_whose_key_it_is_and_how_long_it_lasts(settings, ending):
    (found,) = expiring(settings, NOW + timedelta(days=95))

    assert (found.owner, found.days) == ("partner", 5)
    assert found.fingerprint == ending.fingerprint


def test_our_own_key_is_watched_too(pgp_of, payer, ending):
    (found,) = expiring(pgp_of(ending, payer), NOW + timedelta(days=101))

    assert (found.owner, found.days) == ("own", -1)


def test_keys_without_an_end_are_not_said(pgp_of, us, payer):
    assert list(expiring(pgp_of(us, payer), NOW + timedelta(days=9999))) == []


def test_a_part_of_a_key_that_ends_before_the_rest_is_said(party, us, pgp_of):
    """What encrypts may end before what signs."""
    partner = party("parts")
    partner.gpg("--quick-set-expire", partner.fingerprint, "20d", "*")

    (found,) = expiring(pgp_of(us, partner), NOW)

    assert found.alarm == 30


def test_a_key_is_said_once_a_day_and_not_more(settings):
    watch, late = KeyWatch(), NOW + timedelta(days=95)
    with capture_logs() as logs:
        first = watch.look(settings, late, source="payer-a")
        again = watch.look(settings, late + timedelta(hours=23), source="payer-a")
        watch.look(settings, late + timedelta(hours=24), source="payer-a")

    assert (len(first), len(again)) == (1, 0)
    assert [log["days"] for log in logs] == [5, 4]
    assert logs[0]["event"] == "key.expires"
    assert logs[0]["source"] == "payer-a"
    assert "@" not in str(logs)


def test_a_key_that_cannot_be_read_is_logged_and_stops_nothing(settings):
    broken = settings.model_copy(update={"fingerprint": ("0" * 40,)})
    with capture_logs() as logs:
        found = KeyWatch().look(broken, NOW, source="payer-a")

    assert list(found) == []
    assert logs[0]["error_code"] == "PGP-003"
    with pytest.raises(PartnerKeyUnusableError):
        expiring(broken, NOW)


def test_without_pgp_there_is_nothing_to_look_at():
    assert list(KeyWatch().look(None, NOW)) == []
