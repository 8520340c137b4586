"""Mail goes out encrypted, once, and the hub knows what became of it."""

import asyncio
import email
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub_community
from hub.sdk import Artifact, HubError, Outcome
from hub.testing import DestinationContract
from hub_community.mail import errors, outcome
from hub_community.mail.letter import Letter, message_id, written
from hub_community.mail.settings import ReferralMailSettings, SmtpSettings
from plugins.community.tests.mail.servers import PASSWORD, USER, serving, tls_of

ARTIFACT = Artifact(
    id="art-1",
    body="Guten Tag,\r\n\r\nGrüße\r\n".encode(),
    media_type="text/plain; charset=utf-8",
)


class TestReferralMail(DestinationContract):
    @pytest.fixture
    def destination(self, build, server):
        return build(server.port)

    @pytest.fixture
    def received(self, server):
        return lambda: server.bodies

    @pytest.fixture
    def received_ids(self, server):
        return lambda: [each["Message-ID"] for each in server.messages]

    @pytest.fixture
    def unreachable(self, build, unused_tcp_port):
        return build(unused_tcp_port)


def test_hook_destinations_declares_referral_mail():
    spec = {each.kind: each for each in hub_community.destinations()}["referral-mail"]

    assert spec.settings is ReferralMailSettings


async def test_a_mail_says_that_no_person_wrote_it(build, server):
    await build(server.port, language="de").send(ARTIFACT)

    (mail,) = server.messages
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Eine Nachricht wartet auf Sie"
    assert mail["Message-ID"] == "<art-1@region.example>"
    assert mail["To"] == "office@tafel.example"
    assert mail["Content-Language"] == "de"
    assert mail.get_content_type() == "text/plain"


async def test_a_mail_goes_out_after_starttls_with_a_password(
    build, mail_authority, mail_ca, tmp_path, monkeypatch
):
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    tls = tls_of(mail_authority, tmp_path)
    own = {"ca_file": str(mail_ca), "user": USER, "password": "env:SMTP_PASSWORD"}
    async with serving(tls=tls, signed=True) as server:
        receipt = await build(server.port, security="starttls", **own).send(ARTIFACT)
        bodies = server.bodies

    assert receipt.outcome is Outcome.ACCEPTED
    assert bodies == [ARTIFACT.body]


async def test_a_wrong_password_blames_the_route_and_not_the_mail(
    build, mail_authority, mail_ca, tmp_path, monkeypatch
):
    monkeypatch.setenv("SMTP_PASSWORD", "another one")
    tls = tls_of(mail_authority, tmp_path)
    own = {"ca_file": str(mail_ca), "user": USER, "password": "env:SMTP_PASSWORD"}
    async with serving(tls=tls, signed=True) as server:
        receipt = await build(server.port, security="starttls", **own).send(ARTIFACT)

    assert receipt.outcome is Outcome.RETRYABLE
    assert receipt.blames_route
    assert receipt.error_code == errors.MailAccessRefusedError.code


async def test_a_mail_goes_out_over_tls_from_the_start(
    build, mail_authority, mail_ca, tmp_path
):
    async with serving(tls=tls_of(mail_authority, tmp_path), at_once=True) as server:
        sending = build(server.port, security="tls", ca_file=str(mail_ca))
        receipt = await sending.send(ARTIFACT)

    assert receipt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_nobody_we_know_is_not_trusted(
    build, mail_authority, tmp_path, security
):
    tls, at_once = tls_of(mail_authority, tmp_path), security == "tls"
    async with serving(tls=tls, at_once=at_once) as server:
        receipt = await build(server.port, security=security).send(ARTIFACT)

    assert receipt.error_code == errors.MailServerUntrustedError.code
    assert receipt.blames_route
    assert not server.mails


async def test_a_certificate_for_another_name_is_not_trusted(
    build, mail_authority, mail_ca, tmp_path
):
    tls = tls_of(mail_authority, tmp_path, "elsewhere.test")
    async with serving(tls=tls) as server:
        sending = build(server.port, security="starttls", ca_file=str(mail_ca))
        receipt = await sending.send(ARTIFACT)

    assert receipt.error_code == errors.MailServerUntrustedError.code


async def test_a_server_without_tls_gets_nothing(build, server):
    receipt = await build(server.port, security="starttls").send(ARTIFACT)

    assert receipt.error_code == errors.MailNotEncryptedError.code
    assert receipt.outcome is Outcome.RETRYABLE
    assert not server.mails


@pytest.mark.parametrize(
    ("command", "answer", "expected", "code", "blames"),
    [
        ("MAIL", "451 later", Outcome.RETRYABLE, "MAIL-005", False),
        ("MAIL", "550 not you", Outcome.RETRYABLE, "MAIL-004", True),
        ("RCPT", "450 busy", Outcome.RETRYABLE, "MAIL-005", False),
        ("RCPT", "550 nobody", Outcome.PERMANENT, "MAIL-006", False),
        ("DATA", "452 full", Outcome.RETRYABLE, "MAIL-005", False),
        ("DATA", "554 no", Outcome.PERMANENT, "MAIL-006", False),
    ],
)
async def test_what_the_server_answers_decides_what_comes_next(
    build, server, command, answer, expected, code, blames
):
    server.answers[command] = answer

    receipt = await build(server.port).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (expected, code)
    assert receipt.blames_route is blames
    assert receipt.evidence == f"SMTP {answer[:3]}"


async def test_silence_after_the_mail_is_an_unknown_outcome(build, server):
    server.silent.clear()

    receipt = await build(server.port, step_seconds=0.2).send(ARTIFACT)

    assert receipt.outcome is Outcome.UNKNOWN
    assert receipt.error_code == errors.MailUnansweredError.code


async def test_a_send_that_is_cancelled_lets_go_of_the_connection(build):
    """The thread behind it waits for an answer that never comes."""
    heard, lost = asyncio.Event(), asyncio.Event()

    async def listen(reader, writer):
        writer.write(b"220 mail.test\r\n")
        heard.set() if await reader.readline() else None
        await reader.read()
        lost.set()
        writer.close()

    listening = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        sending = asyncio.create_task(build(port, step_seconds=60).send(ARTIFACT))
        await asyncio.wait_for(heard.wait(), 5)
        sending.cancel()
        await asyncio.wait_for(lost.wait(), 5)

    assert sending.cancelled()


async def test_a_server_that_hangs_up_at_once_is_unreachable(build):
    async def hang_up(_reader, writer):
        writer.close()

    listening = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        receipt = await build(port).send(ARTIFACT)

    assert receipt.error_code == errors.MailServerUnreachableError.code


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"security": "none"}, "another machine"),
        ({"user": "someone"}, "go together"),
        ({"sender": "two@a.example, three@b.example"}, "mail address"),
        ({"sender": "a@b.example\nBcc: c@d.example"}, "mail address"),
        ({"sender_name": "Hub\r\nBcc: c@d.example"}, "pattern"),
        ({"ca_file": "/nowhere.pem"}, "PEM"),
    ],
)
def test_settings_that_are_unsafe_are_refused(changes, problem):
    table = {"host": "mail.example.org", "sender": "hub@region.example"}

    with pytest.raises(ValueError, match=problem):
        SmtpSettings.model_validate(table | changes)


def test_encryption_is_the_default():
    given = {"host": "mail.example.org", "sender": "hub@region.example"}

    assert SmtpSettings.model_validate(given).security == "starttls"


@given(st.binary(max_size=3000), st.sampled_from(["text/plain", "application/zip"]))
def test_every_body_arrives_as_it_is(body, media_type):
    raw = written(_letter(body=body, media_type=media_type), _now())

    assert email.message_from_bytes(raw).get_payload(decode=True) == body
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(st.text(max_size=200).map(lambda text: text.replace("\x00", "")))
def test_text_arrives_as_it_is(text):
    body = "".join(f"{line}\r\n" for line in text.splitlines()).encode(
        "utf-8", "replace"
    )
    raw = written(_letter(body=body), _now())

    assert email.message_from_bytes(raw).get_payload(decode=True) == body


def test_the_same_letter_has_the_same_message_id():
    first, second = _letter(), _letter(subject="Another")

    assert message_id(first) == message_id(second) == "<art-1@region.example>"


@pytest.mark.parametrize("stage", ["connect", "secure", "greet", "sign in", "sender"])
def test_no_refusal_of_the_route_makes_a_dead_letter(stage):
    assert outcome.answered(554, stage).outcome is Outcome.RETRYABLE


@pytest.mark.parametrize(
    "error", [each for each in vars(errors).values() if getattr(each, "code", "")]
)
def test_every_error_explains_itself(error):
    with pytest.raises(HubError, match=error.code):
        raise error("detail")


def _letter(**changes):
    given = {
        "name": "art-1",
        "sender": "hub@region.example",
        "sender_name": "Jürgen's Hub",
        "to": "office@tafel.example",
        "subject": "Subject",
        "body": b"Hello\r\n",
    }
    return Letter(**given | changes)


def _now():
    return datetime(2026, 3, 16, 12, tzinfo=UTC)
