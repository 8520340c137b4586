"""The table of the admin API."""

import pytest
from pydantic import ValidationError

from hub.config.admin import AdminTable, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [("600/1m", (600, 60)), ("5/10s", (5, 10)), ("1/24h", (1, 86_400))],
)
def test_a_rate_is_so_many_in_so_long(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "600", "600/m", "0/1m", "1/0s", "1/1d", "-1/1m"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match="600/1m"):
        parse_rate(text)


def test_loopback_needs_no_names():
    assert AdminTable().asked_by == {"127.0.0.1"}


def test_its_own_address_and_the_named_hosts_are_asked_by():
    table = AdminTable(host="fd00::1", hosts=["Hub.Example", "192.0.2.1"])

    assert table.asked_by == {"[fd00::1]", "hub.example", "192.0.2.1"}
    assert table.own_address == "fd00::1"


@pytest.mark.parametrize(
    ("host", "here"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1")],  # noqa: S104 - never bound
)
def test_everywhere_is_found_on_loopback_and_needs_a_name(host, here):
    table = AdminTable(host=host, hosts=["hub.example"])

    assert table.asked_by == {"hub.example"}
    assert table.own_address == here
    with pytest.raises(ValidationError, match="`hosts` must name"):
        AdminTable(host=host)


@pytest.mark.parametrize("host", ["", "a b", "http://hub.example", "hub.example:80"])
def test_what_is_no_host_is_refused(host):
    with pytest.raises(ValidationError, match="without a port"):
        AdminTable(host=host)
