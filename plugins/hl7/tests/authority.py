"""Certificates for tests, made when they are needed. Every name is made up."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def write_key(path, key, passphrase=b""):
    encryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(PEM, form, encryption))


class Identity:
    """A certificate and its key, in files."""

    def __init__(self, certificate, certificate_file, key_file):
        self.certificate = certificate
        self.certificate_file = certificate_file
        self.key_file = key_file

    @property
    def fingerprint(self):
        return f"sha256:{self.certificate.fingerprint(hashes.SHA256()).hex()}"

    def replace(self, other):
        """Put the files of `other` in the place of these, as a renewal does."""
        other.key_file.rename(self.key_file)
        other.certificate_file.rename(self.certificate_file)
        self.certificate = other.certificate


class Authority:
    """Issues certificates into a folder, and lists those that it withdrew."""

    def __init__(self, folder, name="Test CA"):
        self.folder = Path(folder)
        self._key = new_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = self.folder / f"{name.replace(' ', '-')}.pem"
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = self._builder(self._name, self._key.public_key(), (-1, 365))
        certificate = builder.add_extension(constraints, critical=True).sign(
            self._key, hashes.SHA256()
        )
        self.file.write_bytes(certificate.public_bytes(PEM))

    def issue(
        self, name, *, days=(-1, 365), dns=(), usages=(CLIENT, SERVER), ip=(), own=False
    ):
        """Return a new certificate; `own` makes it vouch for itself."""
        key = new_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        others = [
            *(x509.DNSName(each) for each in dns),
            *(x509.IPAddress(ip_address(each)) for each in ip),
        ]
        builder = self._builder(
            subject, key.public_key(), days, issuer=subject if own else self._name
        ).add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if others:
            names = x509.SubjectAlternativeName(others)
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(key if own else self._key, hashes.SHA256())
        stem = self.folder / f"{name}-{certificate.serial_number:x}"
        identity = Identity(
            certificate, stem.with_suffix(".pem"), stem.with_suffix(".key")
        )
        identity.certificate_file.write_bytes(certificate.public_bytes(PEM))
        write_key(identity.key_file, key)
        return identity

    def withdraw(self, *identities):
        """Return the file of a list of withdrawn certificates."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder(
            self._name, now - timedelta(days=1), now + timedelta(days=1)
        )
        for each in identities:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(each.certificate.serial_number, now)
                .build()
            )  # fmt: skip
        path = self.folder / "withdrawn.crl"
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(PEM))
        return path

    def client(self, identity=None):
        """Return the context of a client that trusts this authority."""
        context = ssl.create_default_context(cafile=self.file)
        if identity:
            context.load_cert_chain(identity.certificate_file, identity.key_file)
        return context

    def _builder(self, subject, public_key, days, issuer=None):
        now = datetime.now(UTC)
        start, end = (now + timedelta(days=each) for each in days)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )
