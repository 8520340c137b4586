"""What the check of a file says to the hub, as both processes know it."""

import msgspec

from hub.coordination.exchanges.findings import Changes, Counts, Findings

__all__ = ["Changes", "Counts", "Findings", "decode", "encode"]

_decoder = msgspec.json.Decoder(Findings)


def encode(findings: Findings) -> bytes:
    """Return findings as JSON."""
    return msgspec.json.encode(findings)


def decode(text: bytes) -> Findings:
    """Return findings that are JSON. Raises msgspec.MsgspecError."""
    return _decoder.decode(text)
