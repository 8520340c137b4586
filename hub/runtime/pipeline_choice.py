"""Which pipeline a hub works with: a process of its own, or a thread."""

from collections.abc import Callable
from datetime import UTC, datetime

from hub.config import HubConfig
from hub.metrics import Metrics
from hub.runtime.pipeline import Pipeline, Working
from hub.runtime.pipeline_child import Prepare
from hub.runtime.pipeline_process import PipelineProcess
from hub.runtime.recording import Recorder
from hub.runtime.wiring import relations
from hub.runtime.workings import workings
from hub.store.store import Store


def _now() -> datetime:
    return datetime.now(UTC)


def pipeline_of(
    config: HubConfig,
    store: Store,
    metrics: Metrics,
    wake: Callable[[set[str]], None],
    prepare: Prepare | None,
    clock: Callable[[], datetime] | None = None,
) -> Working:
    """Return the pipeline of a hub, which is yet to be started.

    Where `prepare` is given it is a process, with what that makes there. `wake` hears,
    on any thread, which destinations have work; `clock` is for a thread only.
    """
    if prepare is not None:
        recorder = Recorder(store.writer, metrics, wake)
        return PipelineProcess(prepare, recorder)
    reader = store.reader()
    made = workings(config, relations(config, reader), reader)
    return Pipeline(
        feeds=made.feeds,
        reader=made.reader,
        writer=store.writer,
        processor=made.processor,
        metrics=metrics,
        on_deliveries=wake,
        clock=clock or _now,
    )
