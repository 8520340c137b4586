"""Lists of made-up people, for a process that checks files: it finds this module."""

from hub.sdk import Heading, Membership, Row


def read(file, _profile, _context):
    """Read a made-up list: its first line says how many, and which of them changed."""
    count, changed = map(int, file.readline().split())
    yield Heading(kind="roster", semantics="full")
    for n in range(count):
        key = f"{n * 2654435761 % 2**32:010d}"  # not in the order of the keys
        value = b"y" if changed and n % changed == 0 else b"x"
        member = Membership(system="PAYER", value=key, patient_id=f"M-{key}")
        body = b'{"family":"SYNTHETIC","given":"%d","value":"%b"}' % (n, value * 200)
        yield Row(number=n + 1, key=key, body=body, memberships=(member,))
