"""Synthetic HL7 v2 messages and a client of MLLP. Everybody in here is made up."""

import socket

START, END = b"\x0b", b"\x1c\r"
ANSWER_SECONDS = 30.0


def adt(
    trigger="A01",
    *,
    control_id="C1",
    patient="P1",
    visit="V1",
    at="20260314093104",
    family="Muster",
    unit="INN1",
    left="",
):
    """Return an ADT message, the visit in PV1-19; `left` is when the stay ended."""
    number, start = f"{visit}^^^KLINIK_NORD^VN", "20260314080000"
    lines = [
        header(f"ADT^{trigger}", control_id, at),
        f"EVN|{trigger}|{at}||||{left or at}",
        pid(patient, family),
        f"PV1|1|I|{unit}^12^1^KLINIK_NORD{'|' * 16}{number}{'|' * 25}{start}|{left}",
    ]
    return joined(lines)


def header(kind, control_id, at="20260314093104"):
    """Return an MSH segment."""
    return f"MSH|^~\\&|KIS|KLINIK_NORD|CAREHUB|REGION|{at}||{kind}|{control_id}|P|2.5"


def pid(patient="P1", family="Muster"):
    """Return a PID segment."""
    number = f"{patient}^^^KLINIK_NORD^PI"
    return f"PID|1||{number}||{family}^Erika||19700101|F|||Beispielweg 1^^Musterstadt"


def joined(lines):
    """Return segments as a message."""
    return "".join(f"{line}\r" for line in lines).encode()


def framed(body):
    """Return `body` in an MLLP frame."""
    return START + body + END


def msa(answer):
    """Return MSA-1 and MSA-2 of an acknowledgement."""
    for line in answer.decode("latin-1").split("\r"):
        if line.startswith("MSA|"):
            _, code, control_id, *_ = [*line.split("|"), ""]
            return code, control_id
    raise AssertionError("an answer without MSA")


class Sender:
    """A hospital's side of one connection."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), ANSWER_SECONDS)
        self._received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def write(self, data):
        """Send bytes as they are."""
        self.socket.sendall(data)

    def answer(self):
        """Return the next answer without its frame; EOFError where none comes."""
        while END not in self._received:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self._received += data
        answer, _, self._received = self._received.partition(END)
        assert answer.startswith(START)
        return answer.removeprefix(START)

    def send(self, body):
        """Send a message and return MSA-1 and MSA-2 of its answer."""
        self.write(framed(body))
        return msa(self.answer())

    def ended(self):
        """Say whether the hub ends the connection, without a word more."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def send(address, *bodies):
    """Send messages over one connection; return MSA-1 of each answer."""
    with Sender(address) as sender:
        return [sender.send(body)[0] for body in bodies]
