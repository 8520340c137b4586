"""Send one HL7 v2 message over MLLP and print the acknowledgement.

    python3 docs/how-to/send.py FILE PORT [HOST]

It needs only Python. For trying things out: it sends one file and waits once.
"""

# ruff: noqa: INP001 - a script, not part of a package

import socket
import sys
from pathlib import Path

START, END = b"\x0b", b"\x1c\r"


def send(body: bytes, port: int, host: str = "127.0.0.1") -> bytes:
    """Return the answer to `body`, empty where the peer closed without one."""
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(START + body + END)
        answer = b""
        while not answer.endswith(END) and (part := connection.recv(65536)):
            answer += part
    return answer.removeprefix(START).removesuffix(END)


def main(file: str, port: str, host: str = "127.0.0.1") -> None:
    """Send `file`, whose lines are the segments of one message."""
    segments = Path(file).read_bytes().splitlines()
    answer = send(b"\r".join([*segments, b""]), int(port), host)
    sys.stdout.write(answer.decode("latin-1").replace("\r", "\n"))


if __name__ == "__main__":
    main(*sys.argv[1:])
