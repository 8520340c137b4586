"""One mail as bytes, as it goes over the wire. Pure. Source: RFC 5322, RFC 2045.

Text that is written as mail is (lines that end in CR LF, none too long) goes as it
is, or with its odd bytes quoted; all else in base64, so that every byte arrives.
"""

import base64
import quopri
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

_LONGEST_LINE = 998  # RFC 5322, section 2.1.1
_BASE64_LINE = 76


class Letter(NamedTuple):
    """What a mail says, and to whom; `name` makes its Message-ID.

    A mail that is sent again with the same name has the same Message-ID. `body` is of
    `media_type`, which may name a charset.
    """

    name: str
    sender: str
    sender_name: str
    to: str
    subject: str
    body: bytes
    media_type: str = "text/plain; charset=utf-8"
    language: str = ""


def written(letter: Letter, at: datetime) -> bytes:
    """Return a letter as a message, dated `at`: all of it is ASCII."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(letter.sender_name, addr_spec=letter.sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(letter)
    # Nobody's absence is told back to a machine. Source: RFC 3834, section 5.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.language:
        message["Content-Language"] = letter.language
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = letter.media_type
    encoding, body = _encoded(letter.body, letter.media_type)
    message["Content-Transfer-Encoding"] = encoding
    return message.as_bytes() + body


def message_id(letter: Letter) -> str:
    """Return the Message-ID of a letter, in its angle brackets."""
    domain = letter.sender.rpartition("@")[2]
    return f"<{letter.name}@{domain}>"


def _encoded(body: bytes, media_type: str) -> tuple[str, bytes]:
    """Return how a body is encoded, and its bytes with CR LF line ends."""
    if not (media_type.lower().startswith("text/") and _is_lines(body)):
        raw = base64.b64encode(body)
        places = range(0, len(raw), _BASE64_LINE)
        lines = [raw[place : place + _BASE64_LINE] for place in places]
        return "base64", b"\r\n".join([*lines, b""])
    if body.isascii():
        return "7bit", body
    quoted = quopri.encodestring(body.replace(b"\r\n", b"\n"))
    return "quoted-printable", quoted.replace(b"\n", b"\r\n")


def _is_lines(body: bytes) -> bool:
    """Say whether a body is lines as mail has them."""
    lines = body.split(b"\r\n")
    odd = any(len(each) > _LONGEST_LINE or each.strip(b"\t") != each for each in lines)
    bare = any(mark in each for each in lines for mark in (b"\r", b"\n", b"\0"))
    return lines[-1] == b"" and not odd and not bare
