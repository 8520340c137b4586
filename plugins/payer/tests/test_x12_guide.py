"""Comparing with the guides, by pyx12: what it says is what is answered."""

import logging

import pytest

from plugins.payer.tests.x12_samples import (
    MEMBER,
    changed,
    enrolment,
    group,
    interchange,
    members,
    reading,
)

PLAIN = members(MEMBER)
#: A gender that no guide knows, and a segment that is not of any.
WRONG = changed(MEMBER, DMG="DMG*D8*19700131*Q", N3="ZZZ*CANARYSTREET 9")


def test_a_file_that_is_as_its_guide_says_is_taken():
    found = reading(PLAIN, guide="check")

    assert found.problems == []
    assert len(found.rows) == 1
    assert b"IK5*A~AK9*A" in found.replies["999"]


def test_a_file_that_is_not_is_refused_in_detail():
    found = reading(members(WRONG), guide="check")

    said = found.replies["999"].decode()
    assert found.rows == []
    assert found.problems == [("x12.guide", "ST")]
    assert "~IK3*DMG*" in said
    assert "~IK4*3*1068*7~" in said
    assert "~IK5*R*5~AK9*R*1*1*0~" in said


def test_the_details_hold_nothing_of_the_content():
    said = reading(members(WRONG), guide="check").replies["999"].decode()

    assert "CANARY" not in said
    assert "*Q" not in said.replace("*QTY", "")


def test_one_set_that_is_not_costs_no_other():
    content = interchange(
        group(
            enrolment(MEMBER, control="0001"),
            enrolment(WRONG, control="0002"),
            enrolment([each.replace("S100", "S7") for each in MEMBER], control="0003"),
        )
    )

    found = reading(content, guide="check")

    assert len(found.rows) == 2
    assert b"AK9*P*3*3*2~" in found.replies["999"]


def test_what_the_envelope_refuses_is_not_compared():
    content = interchange(
        group(
            enrolment(MEMBER, control="0001"),
            enrolment(WRONG, control="0002").replace("SE*15", "SE*1"),
        )
    )

    found = reading(content, guide="check")

    assert found.problems == [("x12.count", "SE01")]
    assert b"IK3" not in found.replies["999"]


def test_a_version_without_a_map_is_taken_with_a_warning():
    content = PLAIN.replace("005010X220A1", "005010X220")

    found = reading(content, guide="check")

    (row,) = found.rows
    assert [each.code for each in row.warnings] == ["x12.no_map"]
    assert b"IK5*A~" in found.replies["999"]


def test_a_comparison_without_end_is_given_up():
    found = reading(PLAIN, guide="check", guide_seconds=1e-9)

    (row,) = found.rows
    assert [each.code for each in row.warnings] == ["x12.guide_time"]


def test_whatever_pyx12_raises_is_a_warning(monkeypatch):
    from hub_payer.x12 import guide  # noqa: PLC0415  as the reader does

    def fail(*_args):
        raise KeyError("anything")

    monkeypatch.setattr(guide.pyx12.x12n_document, "x12n_document", fail)

    (row,) = reading(PLAIN, guide="check").rows

    assert [each.code for each in row.warnings] == ["x12.guide_failed"]


@pytest.mark.parametrize("account", ["", "[]", '{"interchanges": 1}'])
def test_an_account_of_pyx12_that_is_none_is_a_warning(monkeypatch, account):
    from hub_payer.x12 import guide  # noqa: PLC0415  as the reader does

    def account_of(_params, _feed, *_files, fd_json):
        fd_json.write(account)

    monkeypatch.setattr(guide.pyx12.x12n_document, "x12n_document", account_of)

    (row,) = reading(PLAIN, guide="check").rows

    assert [each.code for each in row.warnings] == ["x12.guide_failed"]


def test_groups_are_compared_one_by_one():
    other = PLAIN.replace("005010X220A1", "005010X220")
    content = PLAIN + other.replace("000000001", "000000002").replace("S100", "S200")

    found = reading(content, guide="check")

    assert [[each.code for each in row.warnings] for row in found.rows] == [
        [],
        ["x12.no_map"],
    ]


@pytest.mark.parametrize("content", [members(WRONG), PLAIN[:-40]])
def test_nothing_of_it_is_printed_or_logged(content, capsys, caplog):
    with caplog.at_level(logging.DEBUG):
        reading(content, guide="check")

    assert capsys.readouterr() == ("", "")
    assert caplog.text == ""


def test_other_delimiters_are_compared_alike():
    content = members(WRONG).replace("~", "\n").replace("*", "|")

    found = reading(content, guide="check")

    assert found.problems == [("x12.guide", "ST")]
