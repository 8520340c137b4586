"""What the hub and the process of its pipeline say to each other. All is made up."""

import os

import pytest

from hub.config.problems import ConfigError, ConfigProblem
from hub.model.message import MessageState
from hub.runtime import pipeline_frames as frames
from hub.runtime.pipeline_child import _Remote
from hub.runtime.recording import Finished
from hub.runtime.signs import SIZE, Signs, new_file
from hub.store.errors import RowRefusedError, StorageFullError
from hub.store.state import (
    DecisionRow,
    DeliveryRow,
    DocumentRow,
    EntityRow,
    EventRow,
    FactRow,
    Settlement,
)
from hub.store.timers import TimerRow

SETTLEMENT = Settlement(
    7,
    MessageState.PROCESSED,
    1,
    warnings=("clock.ahead",),
    documents=(DocumentRow("digest", "text/plain", 7, b"\0\xff"),),
    facts=(FactRow(7, 0, "enc_1", b"{}"),),
    entities=(EntityRow("enc_1", "encounter", "p_1", 2, b"{}", "p_1"),),
    events=(EventRow("evt_1", 7, "encounter.admitted", "enc_1", 1, 5, 1, b"{}"),),
    decisions=(
        DecisionRow(
            "evt_1",
            "s",
            "out",
            True,  # noqa: FBT003  a row
            "r",
            "treatment",
            "",
            "[]",
            5,
            "permit",
        ),
    ),
    deliveries=(DeliveryRow("dlv_1", "evt_1", "s", "out", "p_1", "ready", 5, 5),),
    retracted=(("evt_0", "evt_1"),),
    cleared=(("stays", "p_1"),),
    timers=(TimerRow("stays", "p_1", 9, 7),),
)


def test_a_round_is_the_same_at_the_other_end():
    finished = Finished([SETTLEMENT, Settlement(8, None, 1)], [("msg_1", "klinik")])

    frame = frames.encode_finished(finished)

    assert frames.decode_finished(frame) == finished
    assert not frame.startswith(frames.FAILED)


def test_an_error_keeps_its_code_its_detail_and_so_its_recovery():
    frame = frames.encode_failure(StorageFullError("SQLITE_FULL"))

    error = frames.decode_failure(frame)

    assert (type(error), error.detail) == (StorageFullError, "SQLITE_FULL")


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (ValueError("what a patient said"), "ValueError"),
        (
            ConfigError([ConfigProblem("hub.toml", "hub.name", "is wrong")]),
            "CONFIG-001",
        ),
    ],
)
def test_what_cannot_be_made_anew_is_a_failure_of_the_pipeline(error, detail):
    made = frames.decode_failure(frames.encode_failure(error))

    assert made.code == "PIPE-007"
    assert detail in str(made)
    assert "patient" not in str(made)


def test_a_round_that_cannot_be_written_is_refused_and_not_sent():
    sent = []
    remote = _Remote(sent.append, lambda: frames.COMMITTED)
    unfit = Settlement(1, MessageState.UNMAPPED, 1, reason="\udcff")

    remote.submit(Finished([unfit], []))

    with pytest.raises(RowRefusedError):
        remote.settled()
    assert sent == []
    remote.submit(Finished([SETTLEMENT], []))
    remote.settled()
    assert len(sent) == 1


def test_signs_are_seen_on_the_other_side():
    file = new_file()
    assert os.fstat(file).st_size == SIZE
    ours, theirs = Signs.shared(os.dup(file)), Signs.shared(file)

    first, second = ours.call(), ours.call()
    ours.crowd()
    theirs.beat()

    assert (first, second) == (True, False)
    assert theirs.crowded()
    assert ours.beats == 1
    theirs.answer()
    assert ours.call()
