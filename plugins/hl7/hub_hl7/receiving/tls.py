"""The listener's side of TLS: which versions, which certificates, read anew.

TLS 1.2 with forward secrecy and authenticated encryption, and TLS 1.3. There are no
tickets: a certificate that was withdrawn must not live on in one. What TLS 1.2 still
resumes ends with the context, which is a new one when a file changes. Source: RFC
9325; IHE ITI TF-2 3.19 (ATNA, BCP 195 profile).
"""

import contextlib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from hub_hl7.receiving.certificates import Validity, first_of, validity_of
from hub_hl7.receiving.errors import CertificateExpiresError, CertificateUnusableError
from hub_hl7.receiving.settings import ListenerSettings

log = structlog.get_logger()

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good
RECORD_BYTES = 1 << 14  # the most plaintext that one TLS record holds
NOTICE_DAYS = 30  # how long before it expires a certificate is spoken of

_Marks = tuple[tuple[int, int, int] | None, ...]


class Engine:
    """TLS of one connection, sans I/O: ciphertext in, plaintext out, and back."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        self.over = False  # the peer said that it sends no more

    def receive_data(self, data: bytes) -> bytes:
        """Take ciphertext, return the plaintext that it completes.

        Afterwards send what `data_to_send` gives, which may be an alert where this
        raises ssl.SSLError.
        """
        self._incoming.write(data)
        if not self.established:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                return b""
            self.established = True
        return b"".join(self._read())

    def _read(self) -> Sequence[bytes]:
        parts: list[bytes] = []
        with contextlib.suppress(ssl.SSLWantReadError):
            self.over = self._read_until_farewell(parts)
        return parts

    def _read_until_farewell(self, parts: list[bytes]) -> bool:
        with contextlib.suppress(ssl.SSLZeroReturnError):
            while part := self.tls.read(RECORD_BYTES):
                parts.append(part)
        return True

    def write(self, data: bytes) -> bytes:
        """Return `data` as ciphertext."""
        if data:
            self.tls.write(data)
        return self._outgoing.read()

    def close(self) -> bytes:
        """Return what tells the peer that nothing more is sent."""
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()  # the peer's own farewell is not waited for
        return self._outgoing.read()

    def data_to_send(self) -> bytes:
        """Return the ciphertext that is to be sent now."""
        return self._outgoing.read()


class Credentials:
    """The certificate, key and authorities of a listener, as the files are now."""

    def __init__(self, settings: ListenerSettings) -> None:
        """Read the files; raises CertificateUnusableError."""
        self._settings = settings
        self._seen = self._marks()
        self._context, self._validity = self._load()
        self._said = ""
        self.warn_of_expiry(datetime.now(UTC))

    def context(self) -> ssl.SSLContext:
        """Return what the next connection is to use; those before keep theirs."""
        self.refresh()
        return self._context

    def refresh(self) -> None:
        """Read the files where they have changed; keep the old where they are bad.

        Says so once for each change.
        """
        marks = self._marks()
        if marks == self._seen:
            return
        self._seen = marks
        try:
            context, validity = self._load()
            _check_time(validity, datetime.now(UTC))
        except CertificateUnusableError as error:
            log.error("certificate.refused", error_code=error.code, error=error)  # noqa: TRY400  the cause is in the error
            return
        self._context, self._validity = context, validity
        log.info("certificate.replaced", expires=validity.end.isoformat())
        self.warn_of_expiry(datetime.now(UTC))

    def warn_of_expiry(self, now: datetime) -> None:
        """Say once a day that the certificate expires within 30 days, or has."""
        left = self._validity.end - now
        today = f"{now:%Y-%m-%d} {self._validity.end}"
        if left > timedelta(days=NOTICE_DAYS) or today == self._said:
            return
        self._said = today
        log.warning(
            "certificate.expires",
            error_code=CertificateExpiresError.code,
            expires=self._validity.end.isoformat(),
            days=left.days,
        )

    def _marks(self) -> _Marks:
        return tuple(map(_mark, self._files()))

    def _files(self) -> Sequence[Path]:
        own = self._settings
        files = own.tls_certificate, own.tls_key, own.tls_client_ca, own.tls_client_crl
        return [path for path in files if path is not None]

    def _load(self) -> tuple[ssl.SSLContext, Validity]:
        try:
            for path in self._files():
                path.open("rb").close()  # ssl does not say which file is missing
            return server_context(self._settings), self._own_validity()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise CertificateUnusableError(_cause(error)) from None

    def _own_validity(self) -> Validity:
        path = self._settings.tls_certificate or Path()
        return validity_of(first_of(path.read_text("ascii", "replace")))


def server_context(settings: ListenerSettings) -> ssl.SSLContext:
    """Return a context for the listener; raises OSError and ssl.SSLError.

    With `tls_client_ca`, a peer without a certificate of it is refused.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    certificate = settings.tls_certificate or Path()
    context.load_cert_chain(certificate, settings.tls_key, password=_no_passphrase)
    if settings.tls_client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(settings.tls_client_ca)
    if settings.tls_client_crl:
        context.load_verify_locations(settings.tls_client_crl)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def client_context(
    authorities: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Return a context for a sender; raises OSError and ssl.SSLError.

    The receiver's certificate and name are always verified, by `authorities` or, in
    its absence, by those of the system.
    """
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    if certificate:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    return context


def _no_passphrase() -> bytes:
    """Make an encrypted key an error, and no question on an unattended terminal."""
    return b""


def cause_of(error: ssl.SSLError) -> str:
    """Return why a handshake failed, in the words of OpenSSL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or type(error).__name__).lower().replace("_", " ")


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _check_time(validity: Validity, now: datetime) -> None:
    if not validity.start <= now < validity.end:
        raise CertificateUnusableError("the new certificate is not valid now")


def _cause(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return cause_of(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return str(error)
