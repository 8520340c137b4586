"""Which private keys are taken, and what is said of the others."""

from itertools import product

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import Outcome, Recovery
from hub_sftp.errors import PrivateKeyUnusableError
from hub_sftp.keys import to_openssh

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
FORMS = ("openssh", "pkcs1-pem", "pkcs8-pem")
# There is no PKCS#1 form of Ed25519 keys.
EXISTING = [pair for pair in product(KINDS, FORMS) if pair != (KINDS[0], FORMS[1])]
BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
END = "\n-----END OPENSSH PRIVATE KEY-----"
# Rounds that make guessing slow, and tests too.
FEW = {"rounds": 1, "ignore_few_rounds": True}


@pytest.fixture(scope="module")
def made():
    return {kind: asyncssh.generate_private_key(kind) for kind in KINDS}


@pytest.mark.parametrize(("kind", "form"), EXISTING)
async def test_a_key_of_any_kind_and_form_signs_in(
    made, kind, form, server, writer_to, make_artifact
):
    server.authorized.write_bytes(made[kind].export_public_key())
    key = server.root.parent / "id_user"
    key.write_bytes(made[kind].export_private_key(form))

    receipt = await writer_to(server, private_key=f"file:{key}").send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("text", ["", "no key", BEGIN + "AAAA" + END, BEGIN + END])
async def test_a_malformed_key_stops_the_destination_before_it_starts(
    server, writer_to, monkeypatch, text
):
    monkeypatch.setenv("MADE_UP", text)

    with pytest.raises(PrivateKeyUnusableError) as caught:
        writer_to(server, private_key="env:MADE_UP")

    assert caught.value.recovery is Recovery.STOP
    assert caught.value.code == "SFTP-017"


@pytest.mark.parametrize(("kind", "form"), [(KINDS[0], FORMS[0]), (KINDS[2], FORMS[2])])
def test_a_key_with_a_passphrase_is_refused_with_a_reason(made, kind, form):
    text = made[kind].export_private_key(form, passphrase="made up", **FEW).decode()

    with pytest.raises(PrivateKeyUnusableError):
        to_openssh(text)


def test_a_key_that_ssh_does_not_know_is_refused():
    text = asyncssh.generate_private_key("ssh-ed448").export_private_key("pkcs8-pem")

    with pytest.raises(PrivateKeyUnusableError):
        to_openssh(text.decode())


@given(st.text().map(lambda text: BEGIN + text + END) | st.text())
def test_arbitrary_text_raises_only_the_documented_error(text):
    with pytest.raises(PrivateKeyUnusableError):
        to_openssh(text)
