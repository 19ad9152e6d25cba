"""Fresh tokens while a client stays, and HTTPS whose certificate changes under way."""

import datetime
import ssl
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from livekit import api

from confhub.relay.service.server import Relay, Settings
from confhub.relay.service.tls import ReloadingCertificate
from tests.functional.relay.clients import KEY, SECRET, token
from tests.functional.relay.signal import Signal


async def test_who_stays_gets_a_fresh_token_with_what_is_granted_now(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, livekit: api.LiveKitAPI
) -> None:
    monkeypatch.setattr("confhub.relay.room.limits.TOKEN_REFRESH_S", 0.5)
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        await anna.expect("refresh_token")
        request = api.UpdateParticipantRequest(room="hall", identity="anna", name="Anna Two")
        request.permission.can_subscribe = True
        await livekit.room.update_participant(request)
        claims = api.TokenVerifier(KEY, SECRET).verify(await _newest(anna, "Anna Two"))
    assert claims.identity == "anna"
    assert claims.video is not None
    assert (claims.video.room, claims.video.can_publish, claims.video.can_subscribe) == ("hall", False, True)


async def _newest(signal: Signal, name: str) -> str:
    while True:
        text = await signal.expect("refresh_token")
        assert isinstance(text, str)
        if api.TokenVerifier(KEY, SECRET).verify(text).name == name:
            return text


def _write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_file, key_file


async def test_clients_join_over_wss(tmp_path: Path) -> None:
    cert_file, key_file = _write_certificate(tmp_path, "relay.test")
    settings = Settings(
        keys={KEY: SECRET}, port=0, udp_port=0, tls_cert=str(cert_file), tls_key=str(key_file)
    )
    relay = Relay(settings)
    await relay.start()
    trust = ssl.create_default_context()
    trust.check_hostname = False
    trust.load_verify_locations(cert_file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as http:
        url = f"https://127.0.0.1:{relay.port}/rtc/validate"
        async with http.get(url, params={"access_token": token("anna")}) as answer:
            assert await answer.text() == "success"
        async with http.ws_connect(
            f"wss://127.0.0.1:{relay.port}/rtc?access_token={token('anna')}"
        ) as socket:
            assert (await socket.receive()).type is aiohttp.WSMsgType.BINARY
    await relay.stop()


def test_a_changed_certificate_is_read_again_and_a_broken_one_is_not(tmp_path: Path) -> None:
    cert_file, key_file = _write_certificate(tmp_path, "first")
    certificate = ReloadingCertificate(str(cert_file), str(key_file))
    assert not certificate.reload_if_changed()
    _write_certificate(tmp_path, "second")
    assert certificate.reload_if_changed()
    cert_file.write_text("nonsense")
    assert not certificate.reload_if_changed()
