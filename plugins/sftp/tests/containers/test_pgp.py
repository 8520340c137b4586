"""PGP: nothing of a message is used before its integrity and signature are right.

Real keys of a moment, and real gpg. Numbers 10 to 12 of the catalogue of SFTP names
and containers, reliability 3.6.
"""

import gzip
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.sdk import HubError
from hub_sftp.containers import keyring as module
from hub_sftp.containers import unwrap
from hub_sftp.containers.errors import OwnKeyUnusableError, PartnerKeyExpiredError
from hub_sftp.containers.keyring import keyring
from hub_sftp.containers.pgp import encrypt
from hub_sftp.containers.settings import ContainerSettings, PgpSettings
from hub_sftp.containers.statuses import Told, why_not_made, why_not_used

BODY = b"member,since\nSYN-0001,2026-01-01\n"
MEBIBYTE = 1 << 20
FINGERPRINT = "A" * 40
KILLED = """
import os, signal
from hub_sftp.containers.keyring import keyring
from hub_sftp.containers.settings import PgpSettings
with keyring(
    PgpSettings(private_key="env:KEY", partner_key="{partner}", fingerprint="{pin}")
):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def take(pgp_of, us, payer, wrapped, place):
    """Return what unwraps a message from the payer, as the hub."""

    def take(message, *inside, **changes):
        pgp = pgp_of(us, payer, **changes)
        settings = ContainerSettings(containers=["pgp", *inside], pgp=pgp)
        return unwrap(wrapped(message), place, settings)

    return take


@pytest.fixture
def fails(take, place):
    def fails(message, code, **changes):
        with pytest.raises(HubError) as caught:
            take(message, **changes)

        assert caught.value.code == code, str(caught.value)
        assert list(place.iterdir()) == []
        assert "SYN-0001" not in str(caught.value)

    return fails


@pytest.fixture
def homes(monkeypatch):
    """The homes of gpg that are there, in a place of their own."""
    # Short: the name of a socket has a limit.
    place = Path(tempfile.mkdtemp(prefix="h"))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield lambda: sorted(place.iterdir())
    shutil.rmtree(place)


def test_a_message_that_is_signed_and_encrypted_is_opened(take, payer, us):
    (inner,) = take(payer.seal(BODY, us))

    assert inner.read_bytes() == BODY
    assert stat.S_IMODE(inner.stat().st_mode) == 0o600


def test_what_is_in_a_message_is_opened_in_turn(take, payer, us):
    (inner,) = take(payer.seal(gzip.compress(BODY), us), "gz")

    assert inner.read_bytes() == BODY


def test_a_message_for_several_is_opened(take, payer, us, stranger):
    payer.knows(stranger)
    (inner,) = take(payer.seal(BODY, stranger, us))

    assert inner.read_bytes() == BODY


def test_a_message_in_partial_packets_is_opened(take, payer, us):
    """As gpg writes what it does not know the length of."""
    body = os.urandom(3 * MEBIBYTE)
    (inner,) = take(payer.seal(body, us, options=("--sign", "-z", "0")))

    assert inner.read_bytes() == body


def test_a_packet_that_claims_to_be_of_a_gibibyte_is_refused(fails, payer, us):
    message = payer.seal(BODY, us)
    second = 2 + message[1]  # after the packet with the session key
    assert message[second] == 0xD2
    length = 1 if message[second + 1] < 192 else 2
    # 0xFE: a part of 2**30 bytes, and more to come. Source: RFC 4880, 4.2.2.4.
    claims = message[: second + 1] + b"\xfe" + message[second + 1 + length :]

    fails(claims, "PGP-004")


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"Dear hub,\r\n\r\n", b""), (b"", b"\nRegards\n"), (b"x\n" * 9, b"y\n" * 9)],
)
def test_text_around_an_armoured_message_is_not_used(take, payer, us, before, after):
    armoured = payer.seal(BODY, us, options=("--sign", "--armor"))

    (inner,) = take(before + armoured + after)

    assert inner.read_bytes() == BODY


def test_no_home_of_gpg_is_left(pgp_of, us, payer, homes):
    with keyring(pgp_of(us, payer)):
        (home,) = homes()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert str(home) in _commands()

    assert homes() == []
    assert str(home) not in _commands()


def test_a_home_whose_process_was_killed_is_removed_by_the_next(
    pgp_of, us, payer, homes, tmp_path
):
    settings = pgp_of(us, payer)
    path = tmp_path / "private.asc"
    code = KILLED.format(partner=str(settings.partner_key), pin=payer.fingerprint)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KEY": path.read_text(), "TMPDIR": tempfile.gettempdir()},
        check=False,
    )
    (left,) = homes()
    with keyring(settings):
        (other,) = homes()

    assert done.returncode == -signal.SIGKILL
    assert left != other
    assert str(left) not in _commands()


def test_a_home_that_is_in_use_is_left_alone(pgp_of, us, payer, homes):
    settings = pgp_of(us, payer)
    with keyring(settings), keyring(settings):
        assert len(homes()) == 2


def _commands():
    """Return the command lines of all processes."""
    texts = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            texts.append(each.read_bytes().decode(errors="replace"))
    return "".join(texts)


def test_an_unsigned_message_is_refused(fails, payer, us):
    fails(payer.seal(BODY, us, options=()), "PGP-007")


def test_an_unsigned_message_is_taken_where_that_was_agreed(take, payer, us):
    message = payer.seal(BODY, us, options=())

    (inner,) = take(message, require_signature=False)

    assert inner.read_bytes() == BODY


@pytest.mark.parametrize("required", [True, False])
def test_a_message_signed_by_an_unknown_key_is_refused(fails, stranger, us, required):
    fails(stranger.seal(BODY, us), "PGP-008", require_signature=required)


def test_a_message_signed_by_another_key_in_the_file_is_refused(
    fails, stranger, payer, us, tmp_path
):
    """The key is there and good, but it is not the pinned one."""
    both = tmp_path / "both.asc"
    both.write_bytes(payer.public() + stranger.public())

    fails(stranger.seal(BODY, us), "PGP-008", partner_key=both)


def test_a_message_signed_by_ourselves_is_refused(fails, us):
    fails(us.seal(BODY, us), "PGP-008")


def test_a_message_signed_by_two_of_whom_one_is_not_pinned_is_refused(
    fails, payer, stranger, us
):
    payer.gpg("--import", body=stranger.private())
    signers = [part for each in (payer, stranger) for part in ("-u", each.fingerprint)]
    message = payer.seal(BODY, us, options=(*signers, "--sign"))

    fails(message, "PGP-008")


def test_each_of_the_pinned_keys_may_sign(take, payer, stranger, us, tmp_path):
    both = tmp_path / "both.asc"
    both.write_bytes(payer.public() + stranger.public())
    pinned = [payer.fingerprint, stranger.fingerprint]

    (inner,) = take(stranger.seal(BODY, us), partner_key=both, fingerprint=pinned)

    assert inner.read_bytes() == BODY


def test_a_message_signed_by_a_revoked_key_is_refused(party, us, fails):
    revoked = party("revoked").knows(us)
    message = revoked.seal(BODY, us)
    path = revoked.home / "openpgp-revocs.d" / f"{revoked.fingerprint}.rev"
    revoked.gpg("--import", body=path.read_bytes().replace(b":-----", b"-----"))
    key = revoked.home / "public.asc"
    key.write_bytes(revoked.public())

    changes = {"partner_key": key, "fingerprint": revoked.fingerprint}
    fails(message, "PGP-009", **changes)


def in_2020(party, *arguments, body=b""):
    """Return what gpg gives to `party` on a day in 2020, with keys of later too."""
    day = ("--faked-system-time", "20200105T000000")
    lenient = ("--ignore-time-conflict", "--ignore-valid-from")
    return party.gpg(*day, *lenient, *arguments, body=body)


@pytest.fixture
def old(party, us):
    """Somebody with a further key that was valid for ten days in 2020."""
    old = party("old").knows(us)
    in_2020(old, "--quick-gen-key", "old2@synthetic.test", "ed25519", "sign", "10d")
    return old, old.key_of("old2@")


def test_a_message_signed_by_an_expired_key_is_refused(old, us, fails, tmp_path):
    party, key = old
    to = ("-u", key, "--sign", "--encrypt", "-r", us.fingerprint)
    message = in_2020(party, *to, body=BODY)
    public = tmp_path / "old.asc"
    public.write_bytes(party.gpg("--armor", "--export", key))

    fails(message, "PGP-009", partner_key=public, fingerprint=key)


def test_a_signature_that_has_expired_is_refused(party, us, fails, tmp_path):
    lasting = party("lasting").knows(us)
    in_2020(lasting, "--quick-gen-key", "l2@synthetic.test", "ed25519", "sign", "never")
    key = lasting.key_of("l2@")
    sign = ("-u", key, "--default-sig-expire", "1d", "--sign")
    message = in_2020(lasting, *sign, "--encrypt", "-r", us.fingerprint, body=BODY)
    public = tmp_path / "lasting.asc"
    public.write_bytes(lasting.gpg("--armor", "--export", key))

    fails(message, "PGP-009", partner_key=public, fingerprint=key)


def test_a_message_for_another_key_is_refused(fails, payer, stranger):
    payer.knows(stranger)

    fails(payer.seal(BODY, stranger), "PGP-005")


def test_a_message_without_integrity_protection_is_refused(fails, payer, us):
    message = payer.seal(BODY, us, options=("--rfc2440", "--sign"))

    fails(message, "PGP-006")


@pytest.mark.parametrize("back", [1, 22, 80])
def test_a_message_is_refused_wherever_it_is_cut(fails, payer, us, back):
    fails(payer.seal(BODY, us)[:-back], "PGP-006")


@pytest.mark.parametrize("back", [1, 20])
def test_a_message_whose_integrity_was_changed_is_refused(fails, payer, us, back):
    message = bytearray(payer.seal(BODY, us, options=("--sign", "-z", "0")))
    message[-back] ^= 1

    fails(bytes(message), "PGP-006")


def test_a_message_whose_content_was_changed_is_refused(fails, payer, us):
    """It ends over the signature before it comes to the integrity."""
    message = bytearray(payer.seal(BODY * 50, us, options=("--sign", "-z", "0")))
    message[-900] ^= 1

    fails(bytes(message), "PGP-010")


def test_a_bomb_in_a_message_is_refused(fails, payer, us):
    bomb = payer.seal(bytes(64 * MEBIBYTE), us)

    assert len(bomb) < MEBIBYTE
    fails(bomb, "CONTAINER-003")


@pytest.mark.parametrize("options", [("--sign",), ("--store",), ("--clearsign",)])
def test_what_is_not_encrypted_is_refused(fails, payer, options):
    fails(payer.gpg(*options, body=BODY), "PGP-004")


def test_a_message_behind_a_passphrase_is_refused(fails, payer):
    words = ("--passphrase", "made up", "--symmetric")

    fails(payer.gpg(*words, body=BODY), "PGP-004")


@pytest.mark.parametrize(
    "body",
    [b"", BODY, gzip.compress(BODY), os.urandom(MEBIBYTE), b"\x85" * 3000],
    ids=["nothing", "text", "gzip", "noise", "nearly"],
)
def test_what_is_no_message_is_refused(fails, body):
    fails(body, "PGP-004")


def test_two_messages_in_a_file_are_refused(fails, payer, us):
    first, second = payer.seal(BODY, us), payer.seal(b"more", us)

    fails(first + second, "PGP-004")


def test_a_message_in_a_message_is_refused(fails, payer, us):
    fails(payer.seal(payer.seal(BODY, us), us), "CONTAINER-007")


def test_a_signature_stripped_from_its_message_is_noticed(fails, us, stranger):
    """Somebody encrypts anew, for us, what the payer had only encrypted."""
    fails(stranger.seal(BODY, us, options=()), "PGP-007")


def test_memory_does_not_grow_with_a_message(take, payer, us):
    message = payer.seal(os.urandom(24 * MEBIBYTE), us, options=("--sign", "-z", "0"))
    tracemalloc.start()
    try:
        (inner,) = take(message)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert inner.stat().st_size == 24 * MEBIBYTE
    assert most < 4 * MEBIBYTE


# Keys


@pytest.fixture(scope="module")
def locked(party, payer):
    """Return the private key of somebody, behind a passphrase, and a message."""
    locked = party("locked")
    words = ("--passphrase", "Grüße, made up")
    locked.gpg(*words, "--quick-gen-key", "pw@synthetic.test", "ed25519", "sign")
    key = locked.key_of("pw@")
    locked.gpg(*words, "--quick-add-key", key, "cv25519", "encr")
    payer.gpg("--import", body=locked.gpg("--export", key))
    message = payer.gpg("--sign", "--encrypt", "-r", key, body=BODY)
    return locked.gpg(*words, "--armor", "--export-secret-keys", key), message


@pytest.fixture
def unlock(locked, monkeypatch):
    """Return what gives the settings of whoever has a private key and a passphrase."""
    monkeypatch.setenv("MADE_UP_KEY", locked[0].decode())

    def unlock(words):
        monkeypatch.setenv("MADE_UP_WORDS", words)
        return {"private_key": "env:MADE_UP_KEY", "passphrase": "env:MADE_UP_WORDS"}

    return unlock


def test_a_key_with_a_passphrase_is_used(take, locked, unlock):
    (inner,) = take(locked[1], **unlock("Grüße, made up"))

    assert inner.read_bytes() == BODY


@pytest.mark.parametrize("words", ["something else", ""])
def test_a_wrong_passphrase_is_no_fault_of_the_file(fails, locked, unlock, words):
    fails(locked[1], "PGP-002", **unlock(words))


@pytest.mark.parametrize("words", ["something else", ""])
def test_nothing_is_signed_with_a_wrong_passphrase(us, payer, pgp_of, unlock, words):
    settings = pgp_of(us, payer, **unlock(words))

    with pytest.raises(OwnKeyUnusableError):
        encrypt(BODY, settings, compress=True)


def test_a_private_key_that_is_none_is_said(fails, payer, us, tmp_path):
    path = tmp_path / "public.asc"
    for text in (us.public(), b"made up"):
        path.write_bytes(text)
        fails(payer.seal(BODY, us), "PGP-002", private_key=f"file:{path}")


def test_a_passphrase_with_a_line_break_is_said(fails, payer, us, monkeypatch):
    monkeypatch.setenv("MADE_UP", "made\nup")

    fails(payer.seal(BODY, us), "PGP-002", passphrase="env:MADE_UP")


def test_a_partner_key_that_is_not_the_pinned_one_is_said(fails, payer, us, stranger):
    message = payer.seal(BODY, us)

    fails(message, "PGP-003", fingerprint=stranger.fingerprint)
    fails(message, "PGP-003", partner_key="/no/such/file")


def test_a_missing_gpg_is_said_with_its_package(fails, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _name: None)

    fails(b"", "PGP-001")
    assert "gnupg" in HubError.catalogue["PGP-001"].remedy


def test_a_gpg_that_does_not_start_is_said(fails, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _name: "/bin/false")

    fails(b"", "PGP-001")


@pytest.mark.parametrize(
    "fingerprint", ["", "ABCD", "G" * 40, "A" * 39, "A" * 16, [], ["A" * 40, "x"]]
)
def test_a_fingerprint_that_is_too_short_to_pin_is_refused(monkeypatch, fingerprint):
    monkeypatch.setenv("MADE_UP", "made up")

    with pytest.raises(ValidationError):
        PgpSettings(private_key="env:MADE_UP", partner_key="x", fingerprint=fingerprint)


def test_a_fingerprint_is_taken_as_gpg_shows_it(monkeypatch):
    monkeypatch.setenv("MADE_UP", "made up")
    shown = "098d BA44 9A69 F1D9 942F  CAAE 4BEF 103B 1A82 E87F"
    settings = PgpSettings(
        private_key="env:MADE_UP", partner_key="x", fingerprint=shown
    )

    assert settings.fingerprint == ("098DBA449A69F1D9942FCAAE4BEF103B1A82E87F",)
    assert "made up" not in repr(settings)


# Out


def test_what_goes_out_is_signed_and_only_for_the_partner(us, payer, pgp_of, stranger):
    message = encrypt(BODY, pgp_of(us, payer), compress=True)

    shown = payer.gpg("--status-fd", "1", "--decrypt", body=message)
    assert BODY in shown
    assert f"VALIDSIG {us.fingerprint}".encode() in shown
    assert b"GOODMDC" in shown
    with pytest.raises(subprocess.CalledProcessError):
        stranger.gpg("--decrypt", body=message)


def test_what_goes_out_comes_in_at_the_other_side(us, payer, pgp_of, wrapped, place):
    message = encrypt(BODY, pgp_of(us, payer), compress=False)
    settings = ContainerSettings(containers=["pgp"], pgp=pgp_of(payer, us))

    (inner,) = unwrap(wrapped(message), place, settings)

    assert inner.read_bytes() == BODY


def test_nothing_goes_out_to_a_key_that_expired(old, us, pgp_of, tmp_path):
    party, key = old
    in_2020(party, "--quick-add-key", key, "cv25519", "encr", "10d")
    public = tmp_path / "old.asc"
    public.write_bytes(party.gpg("--armor", "--export", key))
    settings = pgp_of(us, party, partner_key=public, fingerprint=key)

    with pytest.raises(PartnerKeyExpiredError) as caught:
        encrypt(BODY, settings, compress=True)

    assert caught.value.code == "PGP-011"


def told(*lines):
    told = Told()
    told.take(f"[GNUPG:] {line}" for line in lines)
    return told


def test_what_could_not_be_made_for_no_reason_that_is_known_is_tried_again():
    assert why_not_made(told("BEGIN_ENCRYPTION 2 9")).code == "PGP-012"
    assert why_not_made(told("INV_SGNR 9 x")).code == "PGP-002"
    assert why_not_made(told("SIG_CREATED x", "END_ENCRYPTION")) is None


# What gpg says


GOOD = (
    "ENC_TO 0 18 0",
    "BEGIN_DECRYPTION",
    "DECRYPTION_INFO 2 9 0",
    "PLAINTEXT 62 0 ",
    "GOODSIG 0 synthetic",
    f"VALIDSIG {'B' * 40} 2026-01-01 0 0 4 0 22 10 00 {FINGERPRINT}",
    "DECRYPTION_OKAY",
    "GOODMDC",
)


def judged(*lines, **changes):
    return why_not_used(told(*lines), {FINGERPRINT}, must_be_signed=True, **changes)


def test_all_of_the_statuses_of_a_good_message_are_needed():
    assert judged(*GOOD) is None
    for line in GOOD:
        if not line.startswith("DECRYPTION_INFO"):
            assert judged(*(each for each in GOOD if each != line)) is not None, line


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("BADSIG 0 synthetic", "PGP-010"),
        ("ERRSIG 0 22 10 00 0 9 -", "PGP-008"),
        ("EXPSIG 0 synthetic", "PGP-009"),
        ("EXPKEYSIG 0 synthetic", "PGP-009"),
        ("REVKEYSIG 0 synthetic", "PGP-009"),
        ("BADMDC", "PGP-006"),
        ("DECRYPTION_FAILED", "PGP-006"),
        ("PLAINTEXT 62 0 ", "PGP-004"),
        ("GOODSIG 1 synthetic", "PGP-010"),
        (f"VALIDSIG {FINGERPRINT}", "PGP-008"),
    ],
)
def test_one_bad_status_is_enough(line, code):
    assert judged(*GOOD, line).code == code
    assert judged(line, *GOOD).code == code


def test_aead_protects_integrity_as_well_as_mdc():
    others = [line for line in GOOD if line not in ("GOODMDC", GOOD[2])]

    assert judged(*others, "DECRYPTION_INFO 0 9 2") is None
    assert judged(*others, "DECRYPTION_INFO 0 9 0").code == "PGP-006"


def test_a_million_statuses_fill_no_memory():
    full = told(*(["ENC_TO 0 18 0"] * 5000))

    assert len(full.statuses) == 1000
    assert judged(*(["ENC_TO 0 18 0"] * 5000), *GOOD).code == "PGP-004"


def test_a_full_disk_is_no_fault_of_the_message():
    full = Told()
    full.take(["gpg: error writing to 'x': No space left on device"])
    pinned = {FINGERPRINT}

    assert why_not_used(full, pinned, must_be_signed=True).code == "CONTAINER-011"


@given(
    st.lists(
        st.one_of(
            st.sampled_from([f"[GNUPG:] {line}" for line in GOOD]),
            st.text(max_size=30).map(lambda text: f"[GNUPG:] {text}"),
            st.text(max_size=30),
        ),
        max_size=12,
    )
)
def test_nothing_is_used_without_each_of_the_good_statuses(lines):
    told = Told()
    told.take(lines)

    why = why_not_used(told, {FINGERPRINT}, must_be_signed=True)

    if why is None:
        needed = (line for line in GOOD if not line.startswith("DECRYPTION_INFO"))
        assert all(f"[GNUPG:] {line}" in lines for line in needed)
