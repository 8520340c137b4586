"""A receiver of HL7 v2 over MLLP on loopback, in threads of its own."""

import socketserver
import threading
from dataclasses import dataclass

from tests.acceptance.messages import END, START, framed, joined

SILENCE = "silence"


@dataclass(frozen=True)
class Arrived:
    """A message as it arrived, and the number of its connection."""

    connection: int
    body: bytes

    @property
    def control_id(self):
        """MSH-10."""
        return self.body.split(b"|", 10)[9].decode()


class Hl7Receiver:
    """Answers with the codes in `answers`, then `always`.

    To `SILENCE` it says nothing. With `piecewise` it sends answers byte by byte.
    """

    def __init__(self):
        self.arrived = []
        self.answers = []
        self.always = "AA"
        self.piecewise = False
        self.connections = 0
        self._lock = threading.Lock()
        self._server = socketserver.ThreadingTCPServer(
            ("127.0.0.1", 0), self._handler()
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.port = self._server.server_address[1]

    def _handler(self):
        receiver = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                receiver.serve(self.request)

        return Handler

    def serve(self, connection):
        """Answer what comes over one connection until it ends."""
        with self._lock:
            self.connections += 1
            number = self.connections
        try:
            self._converse(connection, number)
        except ConnectionError:
            return  # the hub hung up, which the test sees by what arrives next

    def _converse(self, connection, number):
        received = b""
        while data := connection.recv(65536):
            received += data
            while END in received:
                body, _, received = received.partition(END)
                with self._lock:
                    message = Arrived(number, body.removeprefix(START))
                    code = self.answers.pop(0) if self.answers else self.always
                    self.arrived.append(message)
                if code != SILENCE:
                    self._answer(connection, code, message)

    def _answer(self, connection, code, message):
        header = "MSH|^~\\&|PRAXIS|P|CAREHUB|REGION|20260314||ACK|A1|P|2.5"
        frame = framed(joined([header, f"MSA|{code}|{message.control_id}"]))
        size = 1 if self.piecewise else len(frame)
        for place in range(0, len(frame), size):
            connection.sendall(frame[place : place + size])

    def close(self):
        """Take nothing more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
