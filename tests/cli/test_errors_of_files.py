"""``hub errors`` about files and their rows."""

import json

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.coordination.exchanges.reasons import REASONS
from hub.coordination.exchanges.row_codes import ROW_CODES


def shown(*arguments):
    result = CliRunner().invoke(main, ["errors", *arguments, "--json"])
    assert result.exit_code == 0
    return json.loads(result.stdout)


@pytest.mark.parametrize("code", ["sequence.gap", "Row.Key_Twice"])
def test_a_code_of_a_file_is_explained_like_an_error(code):
    found = shown(code)
    known = {**REASONS, **ROW_CODES}[code.lower()]

    assert (found["code"], found["summary"]) == (code.lower(), known[0])


def test_codes_of_files_are_listed_with_the_errors():
    listed = {each["code"] for each in shown()}

    assert {*REASONS, *ROW_CODES} <= listed
