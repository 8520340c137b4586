"""A mail server on loopback, and destinations that send to it."""

import pytest

from hub_community.mail.destination import ReferralMail
from hub_community.mail.settings import ReferralMailSettings
from plugins.community.tests.mail.servers import authority, pem, serving


@pytest.fixture
async def server():
    async with serving() as listening:
        yield listening


@pytest.fixture(scope="session")
def mail_authority():
    return authority()


@pytest.fixture
def mail_ca(mail_authority, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(pem(mail_authority[1]))
    return path


@pytest.fixture
def build():
    """Return what makes a destination for a port, from changes of `smtp`."""

    def make(port, *, to="office@tafel.example", language="en", **smtp):
        table = {
            "host": "localhost",
            "port": port,
            "security": "none",
            "sender": "hub@region.example",
            "step_seconds": 5,
        }
        given = {
            "kind": "referral-mail",
            "to": to,
            "language": language,
            "smtp": table | smtp,
        }
        return ReferralMail(ReferralMailSettings.model_validate(given))

    return make
