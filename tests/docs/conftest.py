"""What the examples need around them: secrets, keys, free ports. All made up."""

import base64
import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from hub.registry import Registry

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
PANEL = (
    "patient_id,assigning_authority,identifier,valid_from,valid_to\n"
    "M-2201,KLINIK_NORD,4711,2026-01-01,\n"
)


@pytest.fixture(scope="session")
def registry():
    return Registry.discover()


@pytest.fixture(scope="session")
def private_key():
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="session")
def signing_key():
    return ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture
def surround(private_key, signing_key, monkeypatch):
    """Return what makes the files and variables that a configuration refers to."""

    def make(text, folder):
        for variable in re.findall(r'"env:(\w+)"', text):
            monkeypatch.setenv(variable, SECRET)
        for name in re.findall(r'secret = "file:([\w./-]+)"', text):
            _write(folder / name, SECRET.encode())
        for name in re.findall(r'private_key = "file:([\w./-]+)"', text):
            _write(folder / name, private_key)
        for name in re.findall(r'signing_key = "file:([\w./-]+)"', text):
            _write(folder / name, signing_key)
        for name in re.findall(r'(?<!\w)file = "([\w./-]+)"', text):
            _write(folder / name, PANEL.encode())

    return make


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(content)
