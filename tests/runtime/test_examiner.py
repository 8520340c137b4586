"""The process that validates: well-behaved, hanging, crashing, gone."""

import threading
import time

import pytest

from hub.contract import Remark
from hub.runtime import examiner
from hub.runtime.examiner import (
    Examiner,
    Validator,
    ValidatorCrashedError,
    ValidatorFailedError,
    ValidatorStartError,
    ValidatorTimeoutError,
)
from hub.sdk import Settings
from tests.runtime.validators import OBEDIENT, nested


@pytest.fixture
def made():
    """Return what makes an examiner that ends with the test."""
    all_made = []

    def made(validator=OBEDIENT, limit_seconds=10.0):
        one = Examiner({"feed": validator}, limit_seconds)
        all_made.append(one)
        return one

    yield made
    for one in all_made:
        one.stop()
        one.close()


def is_well(one):
    remark = Remark(severity="warning", place="PID-3", text="4 bytes")
    return one.examine("feed", b"good") == (remark,)


def test_returns_the_remarks_of_the_validator(made):
    one = made()

    assert is_well(one)
    assert is_well(one)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"hang", ValidatorTimeoutError),
        (b"crash", ValidatorCrashedError),
        (b"raise", ValidatorFailedError),
        (b"junk", ValidatorFailedError),
        (b"devour", ValidatorFailedError),
    ],
)
def test_a_good_message_after_a_bad_one_is_validated(made, body, error):
    one = made(limit_seconds=0.5 if body == b"hang" else 10)

    with pytest.raises(error) as raised:
        one.examine("feed", body)

    assert "Muster" not in str(raised.value)
    assert is_well(one)


def test_what_a_validator_prints_goes_nowhere(made, capfd):
    made().examine("feed", b"print")

    assert capfd.readouterr() == ("", "")


def test_stopping_ends_a_validator_that_hangs(made):
    one = made(limit_seconds=3600)
    assert is_well(one)
    ended = []

    def examine():
        try:
            one.examine("feed", b"hang")
        except ValidatorCrashedError as error:
            ended.append(error)

    thread = threading.Thread(target=examine)
    thread.start()
    started = time.monotonic()
    one.stop()
    thread.join(10)

    assert ended
    assert time.monotonic() - started < 2


def test_nothing_starts_after_the_end(made):
    one = made()
    one.stop()

    with pytest.raises(ValidatorStartError):
        one.examine("feed", b"good")


def test_a_validator_that_no_process_can_find_is_reported(made):
    one = made(Validator(nested(), Settings()))

    with pytest.raises(ValidatorStartError):
        one.examine("feed", b"good")


def test_a_process_that_is_not_ready_in_time_is_reported(made, monkeypatch):
    monkeypatch.setattr(examiner, "START_SECONDS", 0)
    one = made()

    with pytest.raises(ValidatorStartError):
        one.examine("feed", b"good")

    monkeypatch.undo()
    assert is_well(one)
