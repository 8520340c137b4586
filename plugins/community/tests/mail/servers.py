"""Mail servers on loopback, with TLS and without. All mail is synthetic."""

import asyncio
import email
import logging
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "carehub", "made-up password"


class Server:
    """Keeps every mail; `answers` has what to say in place of yes, by command."""

    def __init__(self):
        self.port = 0
        self.mails = []
        self.answers = {}
        self.silent = asyncio.Event()
        self.silent.set()
        self.arrived = asyncio.Event()

    @property
    def messages(self):
        return [email.message_from_bytes(each) for each in self.mails]

    @property
    def bodies(self):
        return [each.get_payload(decode=True) for each in self.messages]

    async def arrivals(self, count):
        while len(self.mails) < count:
            self.arrived.clear()
            await self.arrived.wait()

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802  # aiosmtpd's names
        envelope.mail_from, envelope.mail_options = address, options
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        await self.silent.wait()
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("2"):
            self.mails.append(envelope.content)
            self.arrived.set()
        return answer


def _authenticate(_server, _session, _envelope, _mechanism, given):
    right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def serving(*, tls=None, at_once=False, signed=False):
    """Run a server; with `at_once` it speaks TLS from the start."""
    server, loop = Server(), asyncio.get_running_loop()
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it quotes mails
    talks = []

    def talk():
        talks.append(
            SMTP(
                server,
                hostname="mail.test",
                tls_context=None if at_once else tls,
                require_starttls=bool(tls) and not at_once,
                authenticator=_authenticate if signed else None,
                auth_required=signed,
                auth_require_tls=bool(tls),
                loop=loop,
            )
        )
        return talks[-1]

    listening = await loop.create_server(
        talk, "127.0.0.1", 0, ssl=tls if at_once else None
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.silent.set()
        listening.close()
        await asyncio.sleep(0)  # whoever was just accepted gets a transport
        for each in talks:
            if each.transport is not None:
                each.transport.abort()
            if each._handler_coroutine is not None:
                each._handler_coroutine.cancel()
                await asyncio.wait([each._handler_coroutine])
        while any(each.transport is not None for each in talks):  # noqa: ASYNC110  # aiosmtpd has no event for it
            await asyncio.sleep(0)


def authority():
    """Return the key and the certificate of a made-up authority."""
    return _certificate("synthetic.test")


def tls_of(ca, folder, name="localhost"):
    """Return what a server with a certificate of `ca` speaks TLS with."""
    key, certificate = _certificate(name, ca)
    path = folder / f"{name}.pem"
    path.write_bytes(pem(key) + pem(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


def pem(item, password=None):
    if isinstance(item, x509.Certificate):
        return item.public_bytes(serialization.Encoding.PEM)
    return item.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    )


def _certificate(name, issuer=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing_key, issued_by = (
        (issuer[0], issuer[1].subject) if issuer else (key, subject)
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issued_by, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        .sign(signing_key, hashes.SHA256())
    )
    return key, certificate
