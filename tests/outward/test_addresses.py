"""Which addresses may be sent to."""

import pytest

from hub.outward.addresses import checked_url, is_local, is_permitted


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_names_of_this_machine_are_local(host):
    assert is_local(host)


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "10.0.0.1"])
def test_other_names_are_not_local(host):
    assert not is_local(host)


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "fd00::1"]
)
def test_private_networks_are_permitted(address):
    """Hospitals have them."""
    assert is_permitted(address, local=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "0.0.0.0",  # noqa: S104  # refused here
        "::",
        "169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "ff02::1",
        "240.0.0.1",
        "255.255.255.255",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1",
        "2002:a9fe:a9fe::1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "100.100.100.200",
        "192.0.0.192",
        "64:ff9b::6464:64c8",
    ],
)
def test_what_only_the_hub_can_reach_is_forbidden(address):
    assert not is_permitted(address, local=False)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "64:ff9b::a00:1"])
def test_a_local_name_leads_nowhere_else(address):
    assert is_permitted("127.0.0.1", local=True)
    assert not is_permitted(address, local=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/hook?channel=1",
        "https://10.0.0.5/hook",
        "https://[fd00::5]/hook",
        "https://3com.example.org/",
        "https://10gbit/",
        "https://localhost:8443/",
        "http://localhost:8080/hook",
        "http://127.0.0.1/hook",
        "http://[::1]:8080/hook",
    ],
)
def test_a_fit_url_is_returned_as_it_is(url):
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/hook",
        "/hook",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:Kanarienvogel/",
        "https://user@example.org/",
        "https://:Kanarienvogel@example.org/",
        "https://example.org/#part",
        "http://example.org/Kanarienvogel",
        "http://10.0.0.5/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:169.254.169.254]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://example.0x7f/",
        "https://[::1%25Kanarienvogel",
    ],
)
def test_an_unfit_url_is_refused_without_being_quoted(url):
    with pytest.raises(ValueError, match=r"URL|address|https") as caught:
        checked_url(url)

    assert "Kanarienvogel" not in str(caught.value)
