"""Runs one property with atheris, as libFuzzer's options on the command line say.

``python -m tests.fuzz.parser -max_total_time=600`` from the root of the repository.
Where none is given: a minute, inputs of up to 64 KiB, 5 seconds for each, and 256 MiB
of memory in all. ``var/fuzz`` keeps what was found to lead somewhere new, for the next
run, and what fails; running a target with the name of such a file does it again.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["hub_hl7"]):
    from plugins.hl7.tests.fuzzing import PIECES, PROPERTIES

FAILURES = Path("var/fuzz")
OPTIONS = {
    "-max_total_time": "60",
    "-max_len": "65536",
    "-timeout": "5",
    "-rss_limit_mb": "256",
    "-artifact_prefix": f"{FAILURES}/",
    "-print_final_stats": "1",
}


def run(name: str) -> None:
    """Fuzz the property called `name` until libFuzzer's limits; exits the process."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    given = sys.argv[1:]
    defaults = [
        f"{option}={value}"
        for option, value in OPTIONS.items()
        if not any(each.startswith(f"{option}=") for each in given)
    ]
    arguments = [sys.argv[0], *defaults, *given]
    if all(each.startswith("-") for each in given):
        arguments.append(_seeds(name))
    atheris.Setup(arguments, PROPERTIES[name])
    atheris.Fuzz()


def _seeds(name: str) -> str:
    """Return the target's folder, with the pieces that mean something in it."""
    folder = FAILURES / name
    folder.mkdir(exist_ok=True)
    for number, piece in enumerate((*PIECES, b"".join(PIECES))):
        (folder / f"{number:03}").write_bytes(piece)
    return str(folder)
