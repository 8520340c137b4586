"""``hub run`` and ``hub demo`` hand over what they were told."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from hub.cli.commands import demo, run
from hub.demo.run import DemoOptions


def test_run_hands_the_configuration_over(hub, config, monkeypatch):
    seen = []
    monkeypatch.setattr(run, "run", lambda path, _logging: seen.append(path) or 3)
    result = hub("run", "--config", config)

    assert result.exit_code == 3
    assert seen == [config]


def test_run_without_a_configuration_is_an_error(hub):
    assert hub("run").stderr.startswith("[CLI-001]")


def test_demo_hands_every_option_over(hub, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(demo, "main", lambda options: seen.append(options) or 1)
    arguments = ["--exit", "--json", "--people", 5, "--seed", 2, "--rate", 0]
    result = hub("demo", *arguments, "--data-dir", tmp_path)

    assert result.exit_code == 1
    assert seen == [
        DemoOptions(data_dir=tmp_path, people=5, seed=2, exit=True, json=True, rate=0.0)
    ]


def test_demo_has_the_defaults_of_the_demonstration(hub, monkeypatch):
    seen = []
    monkeypatch.setattr(demo, "main", lambda options: seen.append(options) or 0)
    hub("demo")

    assert seen == [DemoOptions()]


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_runs_until_it_is_told_to_stop(config, number):
    """As a process: signals, the log on standard error, and the exit status."""
    command = [sys.executable, "-c", "from hub.cli import main; main()", "run"]
    with subprocess.Popen(
        [*command, "--config", str(config)],
        env=os.environ | {"HUB_LOAD_PLUGINS": ""},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = threading.Timer(30, process.kill)
        watchdog.start()
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "hub.started" in line:
                process.send_signal(number)
        watchdog.cancel()

    assert process.returncode == 0, lines
    assert all(line.startswith("{") for line in lines)
