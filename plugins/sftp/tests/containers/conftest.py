"""Two parties with PGP keys of a moment, and files in containers. All synthetic."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from hub_sftp.containers.settings import ContainerSettings, PgpSettings

GPG = shutil.which("gpg")


class Party:
    """Somebody with a key of their own, in a GnuPG home of their own."""

    def __init__(self, name, *, expires="never"):
        self.home = Path(tempfile.mkdtemp(prefix="syn-"))
        (self.home / "gpg-agent.conf").write_text("s2k-count 65536\n")
        self.mail = f"{name}@synthetic.test"
        self.gpg("--quick-gen-key", self.mail, "ed25519", "sign", expires)
        self.fingerprint = self.key_of(self.mail)
        self.gpg("--quick-add-key", self.fingerprint, "cv25519", "encr", expires)

    def gpg(self, *arguments, body=b""):
        self._exported = {}  # whatever it was, the keys may be others now
        return self._run(*arguments, body=body)

    def _run(self, *arguments, body=b""):
        command = [GPG, "--homedir", self.home, "--batch", "--yes", "--quiet"]
        options = ["--pinentry-mode", "loopback", "--passphrase", ""]
        options += ["--trust-model", "always", "--no-auto-key-locate"]
        done = subprocess.run(
            [*command, *options, *arguments],
            input=body,
            capture_output=True,
            check=True,
        )
        return done.stdout

    def knows(self, *others):
        for other in others:
            self.gpg("--import", body=other.public())
        return self

    def public(self):
        return self._export("--export")

    def private(self):
        return self._export("--export-secret-keys")

    def _export(self, what):
        if what not in self._exported:
            self._exported[what] = self._run("--armor", what, self.fingerprint)
        return self._exported[what]

    def seal(self, body, *receivers, options=("--sign",)):
        """Return `body` encrypted for `receivers`, and signed."""
        to = [part for each in receivers for part in ("-r", each.fingerprint)]
        return self._run(*options, "--encrypt", *to, body=body)

    def end(self):
        control = shutil.which("gpgconf")
        subprocess.run([control, "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def key_of(self, mail):
        """Return the fingerprint of the key of that address."""
        listed = self.gpg("--list-keys", "--with-colons", mail).decode()
        return re.search(":([0-9A-F]{40}):", listed)[1]


@pytest.fixture(scope="session")
def party():
    """Return what makes parties; ends them."""
    if GPG is None:
        pytest.skip("gpg is not installed")
    made = []

    def make(name, **options):
        made.append(Party(name, **options))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture(scope="session")
def us(party):
    return party("hub")


@pytest.fixture(scope="session")
def payer(party, us):
    payer = party("payer").knows(us)
    us.knows(payer)
    return payer


@pytest.fixture(scope="session")
def stranger(party, us, payer):
    return party("stranger").knows(us, payer)


@pytest.fixture
def pgp_of(tmp_path):
    """Return what makes the settings of one party towards another."""

    def make(own, partner, **changes):
        private, public = tmp_path / "private.asc", tmp_path / "partner.asc"
        private.write_bytes(own.private())
        public.write_bytes(partner.public())
        given = {"private_key": f"file:{private}", "partner_key": public}
        given["fingerprint"] = partner.fingerprint
        return PgpSettings.model_validate({**given, **changes})

    return make


@pytest.fixture
def place(tmp_path):
    """The folder for what is unwrapped."""
    folder = tmp_path / "unwrapped"
    folder.mkdir()
    return folder


@pytest.fixture
def wrapped(tmp_path):
    """Return what writes the file that came."""

    def write(body):
        path = tmp_path / "came"
        path.write_bytes(body)
        return path

    return write


@pytest.fixture
def settings():
    def make(*containers, **changes):
        return ContainerSettings(containers=containers, **changes)

    return make
