"""Which protocol is it that a peer speaks, if it is not MLLP?

Connecting to the wrong port is the commonest mistake in setting up a feed, and a
name is a better hint than a count of stray bytes.
"""

TLS = b"\x16\x03"  # a handshake record, RFC 8446 section 5.1

#: First bytes of a connection, and the protocol that starts like this.
_OPENINGS = (
    (TLS, "TLS"),
    (b"\x0b", "MLLP without TLS"),
    (b"SSH-", "SSH"),
    (b"GET ", "HTTP"),
    (b"PUT ", "HTTP"),
    (b"POST ", "HTTP"),
    (b"HEAD ", "HTTP"),
    (b"OPTIONS ", "HTTP"),
    (b"CONNECT ", "HTTP"),
    (b"PRI * HTTP/2", "HTTP/2"),
    (b"MSH|", "HL7 v2 without MLLP framing"),
    (b"FHS|", "HL7 v2 without MLLP framing"),
    (b"ISA*", "X12"),
)
LONGEST_OPENING = max(len(opening) for opening, _ in _OPENINGS)


def name_protocol(opening: bytes) -> str:
    """Return the protocol that starts with `opening`, "" where none is known."""
    for start, name in _OPENINGS:
        if opening.startswith(start):
            return name
    return ""
