"""`confhub tls init`: an authority and a certificate that a real client trusts, renewed without a restart."""

from __future__ import annotations

import argparse
import asyncio
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from confhub.cli import tls as command
from confhub.kernel.errors import StartError
from confhub.kernel.tls import reloading, server_context

pytestmark = pytest.mark.sockets

NOW = datetime.now(UTC)


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    paths = command.init(tmp_path / "tls", ["localhost"], NOW)
    for key in (paths["key"], tmp_path / "tls" / "ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_renewal_keeps_the_authority_that_kiosks_trust(tmp_path: Path) -> None:
    first = command.init(tmp_path, ["localhost"], NOW)
    ca, server = first["ca"].read_bytes(), first["cert"].read_bytes()
    command.init(tmp_path, ["localhost", "hop.example.vn"], NOW)
    assert first["ca"].read_bytes() == ca
    assert first["cert"].read_bytes() != server


def test_the_certificate_names_hosts_and_addresses(tmp_path: Path) -> None:
    paths = command.init(tmp_path, ["hop.example.vn", "192.0.2.7", "2001:db8::7"], NOW)
    cert = x509.load_pem_x509_certificate(paths["cert"].read_bytes())
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["hop.example.vn"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7", "2001:db8::7"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(StartError, match="--data"):
        command.init(file / "tls", ["localhost"], NOW)


def test_a_host_that_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="--host"):
        command.init(tmp_path, ["bad..name"], NOW)


def test_an_unusable_certificate_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with pytest.raises(StartError, match=r"bad\.pem"):
        server_context(bad, bad)


async def serial(port: int, ca: Path) -> int:
    context = ssl.create_default_context(cafile=str(ca))
    _reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return x509.load_der_x509_certificate(der).serial_number


async def test_a_renewed_certificate_is_served_without_a_restart(tmp_path: Path) -> None:
    paths = command.init(tmp_path, ["localhost"], NOW)
    context = server_context(paths["cert"], paths["key"])

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server, reloading(context, paths["cert"], paths["key"], interval_s=0.01):
        before = await serial(port, paths["ca"])
        command.init(tmp_path, ["localhost"], NOW)
        async with asyncio.timeout(10):
            while await serial(port, paths["ca"]) == before:
                pass


def test_the_command_says_how_to_use_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["tls", "init", "--data", str(tmp_path), "--host", "hop.example.vn"])
    assert args.handler(args) == 0
    printed = capsys.readouterr().out
    assert "--tls-cert" in printed
    assert "hop.example.vn" in printed
    assert str(tmp_path / "tls" / "ca.pem") in printed
