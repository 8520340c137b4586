"""Sends one mail over SMTP, in a thread, because smtplib waits.

Encryption is demanded and the server's name verified; what a server offers less is
refused before anything is said. Source: RFC 5321, RFC 3207, RFC 8314.
"""

import asyncio
import smtplib
import socket
import ssl
from contextlib import suppress

from hub.sdk import Receipt
from hub_community.mail.errors import MailNotEncryptedError, MailServerUntrustedError
from hub_community.mail.outcome import Stage, answered, broken, failed
from hub_community.mail.settings import SmtpSettings

#: How the hub calls itself: the name of its machine is nobody's business.
_OWN_NAME = "[127.0.0.1]"
_GO_ON = 2  # 2xx: RFC 5321, section 4.2.1


async def send(settings: SmtpSettings, to: str, message: bytes) -> Receipt:
    """Try once to hand over a mail. Cancelled, it lets go of the connection.

    Every answer of the server has its time limit, so the thread ends by itself.
    """
    attempt = _Attempt(settings)
    try:
        return await asyncio.to_thread(attempt.run, to, message)
    except asyncio.CancelledError:
        attempt.abort()
        raise


class _Attempt:
    """One conversation, and how far it is."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._stage: Stage = "connect"
        self._server: smtplib.SMTP | None = None
        self._aborted = False

    def abort(self) -> None:
        """Break the conversation off, from another thread: whoever waits, goes on."""
        self._aborted = True
        if self._server is not None and self._server.sock is not None:
            with suppress(OSError):
                self._server.sock.shutdown(socket.SHUT_RDWR)

    def run(self, to: str, message: bytes) -> Receipt:
        """Hold the conversation."""
        try:
            return self._converse(to, message)
        except ssl.SSLCertVerificationError:
            return failed(MailServerUntrustedError)
        except (ssl.SSLError, smtplib.SMTPNotSupportedError):
            refused = self._stage in {"connect", "secure", "sign in"}
            return failed(MailNotEncryptedError) if refused else broken(self._stage)
        except smtplib.SMTPResponseException as error:
            return answered(error.smtp_code, self._stage)
        except (smtplib.SMTPException, OSError):
            return broken(self._stage)
        finally:
            if self._server is not None:
                self._server.close()

    def _converse(self, to: str, message: bytes) -> Receipt:
        server = self._server = self._connected()
        self._greet(server)
        self._at("sender")
        status, _ = server.mail(self._settings.sender)
        if status // 100 == _GO_ON:
            self._at("recipient")
            status, _ = server.rcpt(to)
        if status // 100 != _GO_ON:
            return answered(status, self._stage)
        self._at("data")
        status, _ = server.data(message)
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        return answered(status, "data")

    def _connected(self) -> smtplib.SMTP:
        own = self._settings
        if own.security == "tls":
            return smtplib.SMTP_SSL(
                own.host,
                own.port,
                local_hostname=_OWN_NAME,
                timeout=own.step_seconds,
                context=self._tls(),
            )
        return smtplib.SMTP(
            own.host, own.port, local_hostname=_OWN_NAME, timeout=own.step_seconds
        )

    def _greet(self, server: smtplib.SMTP) -> None:
        own = self._settings
        self._at("greet")
        server.ehlo_or_helo_if_needed()
        if own.security == "starttls":
            self._at("secure")
            server.starttls(context=self._tls())
            self._at("greet")
            server.ehlo_or_helo_if_needed()
        if own.password is not None:
            self._at("sign in")
            server.login(own.user, own.password.get_secret_value())

    def _tls(self) -> ssl.SSLContext:
        tls = ssl.create_default_context(cafile=self._settings.ca_file)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        return tls

    def _at(self, stage: Stage) -> None:
        if self._aborted:
            raise ConnectionAbortedError
        self._stage = stage
