"""Fuzzes dates and times; see `tests.fuzz.running`."""

from tests.fuzz.running import run

if __name__ == "__main__":
    run("times")
