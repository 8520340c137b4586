"""Private keys, in whichever form the operator got them."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from hub_sftp.errors import PrivateKeyUnusableError


def to_openssh(text: str) -> str:
    """Return the private key in `text` (OpenSSH, PKCS#1, SEC 1, PKCS#8) as OpenSSH.

    Raises PrivateKeyUnusableError for anything else, and for an encrypted key.
    """
    data = text.encode() + b"\n"
    try:
        key = _load(data)
        openssh = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    except TypeError as error:  # what cryptography says for a missing passphrase
        raise PrivateKeyUnusableError("it has a passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PrivateKeyUnusableError("malformed, or of another kind") from error
    return openssh.decode()


def _load(data: bytes) -> serialization.SSHPrivateKeyTypes:
    if b"BEGIN OPENSSH PRIVATE KEY" in data:
        return serialization.load_ssh_private_key(data, password=None)
    # private_bytes refuses the kinds that SSH does not know.
    return serialization.load_pem_private_key(data, password=None)  # type: ignore[return-value]
