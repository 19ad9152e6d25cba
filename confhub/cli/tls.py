"""`confhub tls init`: a certificate authority of the organization's own, and a server certificate by it.

Browsers give camera and microphone to HTTPS pages only. Where no public certificate can be had, each
kiosk trusts this authority once (docs/operator-guide.md says how).
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from confhub.kernel.errors import StartError

CA_YEARS = 10
SERVER_DAYS = 397
"""What browsers accept from public authorities; kept here too, so that renewal is practised."""


def init(folder: Path, names: list[str], now: datetime) -> dict[str, Path]:
    """Make, or renew by the authority already there, the server certificate for `names` (hosts, addresses).

    Returns the paths `ca`, `cert` (server first, then authority) and `key`. Keys are mode 0600.
    Raises StartError where the folder cannot be written or a name is no host name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca_key, ca = _authority(folder, now)
        key = ec.generate_private_key(ec.SECP256R1())
        cert = _server_certificate(names, key, ca_key, ca, now)
        paths = {"ca": folder / "ca.pem", "cert": folder / "server.pem", "key": folder / "server.key"}
        _write(paths["key"], _pem(key), 0o600)
        chain = cert.public_bytes(serialization.Encoding.PEM) + ca.public_bytes(serialization.Encoding.PEM)
        _write(paths["cert"], chain, 0o644)
    except OSError as error:
        raise StartError(
            f"--data: cannot write to {folder} ({error.strerror}). Choose another folder."
        ) from error
    return paths


def _authority(folder: Path, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key_path, cert_path = folder / "ca.key", folder / "ca.pem"
    if key_path.exists() and cert_path.exists():
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise StartError(
                f"{key_path} is not a key made by `confhub tls init`. Move it away and run again."
            )
        return key, x509.load_pem_x509_certificate(cert_path.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "confhub"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"confhub CA {socket.gethostname()}"[:64]),
        ]
    )
    cert = (
        _builder(name, name, key.public_key(), now, timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _pem(key), 0o600)
    _write(cert_path, cert.public_bytes(serialization.Encoding.PEM), 0o644)
    return key, cert


def _server_certificate(
    names: list[str],
    key: ec.EllipticCurvePrivateKey,
    ca_key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    return (
        _builder(subject, ca.subject, key.public_key(), now, timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime,
    valid: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a kiosk's clock may be slow
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode())
    except UnicodeError:
        raise StartError(f"--host {name!r} is neither a host name nor an address.") from None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replace the file in one step, so that nobody ever reads half of it or finds it open to all."""
    partial = path.with_suffix(path.suffix + ".new")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    partial.replace(path)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub tls init`."""
    tls = subparsers.add_parser("tls", help="make a local certificate authority and a server certificate")
    commands = tls.add_subparsers(dest="tls_command", required=True)
    make = commands.add_parser("init", help="make them, or renew the server certificate")
    make.add_argument(
        "--data", default=None, help="data folder (default: CONFHUB_DATA_DIR or ./confhub-data)"
    )
    make.add_argument(
        "--host",
        action="append",
        default=[],
        help="host name or address people use; may be given several times",
    )
    make.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Make the files and say what to do with them."""
    data = Path(args.data or os.environ.get("CONFHUB_DATA_DIR") or "confhub-data").absolute()
    names = list(dict.fromkeys([*args.host, socket.gethostname(), "localhost", "127.0.0.1", "::1"]))
    paths = init(data / "tls", names, datetime.now(UTC))
    print(f"Server certificate for {', '.join(names)}, valid {SERVER_DAYS} days:")
    print(f"  confhub run --tls-cert {paths['cert']} --tls-key {paths['key']}")
    print(f"Certificate authority that each kiosk trusts once: {paths['ca']}")
    return 0
