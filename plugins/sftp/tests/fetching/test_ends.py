"""Whether a file is whole, told by its end: whole ones are, cut ones are not.

All samples are made here and synthetic.
"""

import gzip
import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_sftp.fetching.ends import ended

MOST = 1 << 30
ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    b"*260310*0815*^*00501*000000001*0*T*:~"
)
X12 = ISA + b"GS*BE*A*B*20260310*0815*1*X*005010X220A1~GE*0*1~IEA*1*000000001~"


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "key;value\n" * 50)
        archive.comment = b"synthetic comment"
    return buffer.getvalue()


def packet(tag, body):
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body


#: A session key, then encrypted data in two parts of 512 and 3 bytes.
PGP = packet(1, b"k" * 40) + bytes([0xC0 | 18, 0xE0 | 9]) + b"d" * 512 + b"\x03end"
ARMOUR = b"-----BEGIN PGP MESSAGE-----\n\nabcd\n=aaaa\n-----END PGP MESSAGE-----\n"

WHOLE = {
    "text": b"key;value\n1;2\n",
    "text with CR": b"key;value\r1;2\r",
    "text in UTF-16": "key;value\n1;2\n".encode("utf-16"),
    "gzip": gzip.compress(b"key;value\n" * 100),
    "gzip of two members": gzip.compress(b"key;value\n") + gzip.compress(b"1;2\n" * 9),
    "gzip with padding": gzip.compress(b"key;value\n") + b"\x00" * 100,
    "zip": zipped(),
    "X12": X12,
    "X12 in lines": X12.replace(b"~", b"~\r\n"),
    "PGP": PGP,
    "PGP of old form": bytes([0x84]) + b"\x05hello" + bytes([0xA3]) + b"to the end",
    "PGP armour": ARMOUR,
    "JSON object": b'{"a": [1]}',
    "JSON array": b"\xef\xbb\xbf[1, 2]\n",
    "XML": b'<?xml version="1.0"?><roster><a/></roster>\n<!-- made -->\n',
    "XML without content": b"<roster/>",
}


def whole(body, most=MOST):
    return ended(io.BytesIO(body), len(body), most)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_is_whole(name):
    assert whole(WHOLE[name])


#: Where a cut cannot be told: the rest of it is whole, or says nothing of its length.
TOLERATED = {"PGP of old form", "gzip with padding"}


@pytest.mark.parametrize("name", sorted(set(WHOLE) - TOLERATED))
def test_a_file_that_was_cut_is_not_whole(name):
    body = WHOLE[name]
    ends = {b"\n", b"\r", b"\x00"} if name.startswith("text") else set()

    taken = [
        cut
        for cut in range(len(body))
        if whole(body[:cut]) and body[cut - 1 : cut] not in ends
    ]

    # The second member of a gzip file may not have begun yet.
    first = len(gzip.compress(b"key;value\n"))
    root = WHOLE["XML"].index(b"</roster>") + 9
    allowed = {"gzip of two members": [first], "PGP": [46], "XML": [root, root + 1]}
    assert [cut for cut in taken if body[cut:].strip()] == allowed.get(name, [])


def test_an_empty_file_is_not_whole():
    assert not whole(b"")


def test_a_gzip_file_that_is_broken_is_left_to_the_gate():
    body = bytearray(gzip.compress(b"key;value\n"))
    body[-5] ^= 1

    assert whole(bytes(body))


def test_a_gzip_bomb_is_not_unpacked_to_its_end():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64))

    assert whole(bomb, most=1 << 20)


@given(
    st.binary(max_size=400), st.sampled_from([b"", *(x[:8] for x in WHOLE.values())])
)
def test_any_bytes_are_whole_or_not(data, start):
    assert whole(start + data, 1 << 16) in {True, False}
