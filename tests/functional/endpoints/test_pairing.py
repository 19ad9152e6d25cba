"""Pairing a machine: the credential it keeps, and a clear answer for each thing that can go wrong."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.functional.endpoints.hub_fixture import StandInHub
from tests.plugins.endpoints import Program

GOOD = {"credential": "ep_secret", "code": "H44.01.02"}


async def run(program: Program, *arguments: object, env: dict[str, str] | None = None) -> tuple[int, str]:
    process = await program(*arguments, env=env)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


async def test_a_code_becomes_a_credential_that_only_its_owner_can_read(
    hub: StandInHub, program: Program, tmp_path: Path
) -> None:
    hub.codes["ABCD-EFGH"] = dict(GOOD)
    folder = tmp_path / "state"
    code, text = await run(program, "pair", "ABCD-EFGH", "--hub", hub.url, "--state", folder)
    assert (code, "H44.01.02" in text, "ep_secret" in text) == (0, True, False)
    kept = folder / "credential.json"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["credential"] == "ep_secret"
    again, text = await run(program, "pair", "ABCD-EFGH", "--hub", hub.url, "--state", folder)
    assert (again, "has been used" in text) == (1, True)


@pytest.mark.parametrize(
    ("status", "error", "english", "vietnamese"),
    [
        (409, "pairing_code_used", "has been used", "đã được dùng"),
        (410, "pairing_code_expired", "has expired", "đã hết hạn"),
        (403, "pairing_code_revoked", "was revoked", "đã bị thu hồi"),
        (429, "too_many_attempts", "in 42 seconds", "sau 42 giây"),
        (500, "broken", "HTTP 500", "HTTP 500"),
    ],
)
async def test_each_refusal_has_its_own_answer_in_both_languages(
    hub: StandInHub, program: Program, tmp_path: Path,
    status: int, error: str, english: str, vietnamese: str,
) -> None:  # fmt: skip
    hub.codes["ABCD-EFGH"] = {"status": status, "error": error}
    arguments = ("pair", "ABCD-EFGH", "--hub", hub.url, "--state", tmp_path / "state")
    english_answer, vietnamese_answer = await asyncio.gather(
        run(program, *arguments), run(program, *arguments, env={"LANG": "vi_VN.UTF-8"})
    )
    assert (english_answer[0], english in english_answer[1]) == (1, True)
    assert (vietnamese_answer[0], vietnamese in vietnamese_answer[1]) == (1, True)
    assert not (tmp_path / "state" / "credential.json").exists()


async def test_a_wrong_code_and_a_code_that_cannot_be_one_are_told_apart(
    hub: StandInHub, program: Program, tmp_path: Path
) -> None:
    wrong, odd = await asyncio.gather(
        run(program, "pair", "WRONG-CODE", "--hub", hub.url, "--state", tmp_path),
        run(program, "pair", "a/../b?", "--hub", hub.url, "--state", tmp_path),
    )
    assert "This pairing code is wrong" in wrong[1]
    assert "letters, digits and hyphens" in odd[1]


async def test_an_unreachable_hub_and_a_wrong_address_are_told_apart(
    hub: StandInHub, program: Program, tmp_path: Path
) -> None:
    await hub.stop()
    gone, odd = await asyncio.gather(
        run(program, "pair", "ABCD-EFGH", "--hub", hub.url, "--state", tmp_path),
        run(program, "pair", "ABCD-EFGH", "--hub", "hub.example", "--state", tmp_path),
    )
    assert "cannot be reached" in gone[1]
    assert "must be an http:// or https:// address" in odd[1]


async def test_an_untrusted_certificate_is_told_and_a_ca_file_heals_it(
    program: Program, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    await asyncio.to_thread(
        subprocess.run,
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-days", "2",
         "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=digitalSignature,keyCertSign"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    hub = StandInHub()
    await hub.start(ssl=context)
    hub.codes["ABCD-EFGH"] = dict(GOOD)
    url = hub.url.replace("http:", "https:")
    arguments = ("pair", "ABCD-EFGH", "--hub", url, "--state", tmp_path / "state")
    untrusted = await run(program, *arguments)
    trusted = await run(program, *arguments, "--ca", certificate)
    await hub.stop()
    assert (untrusted[0], "is not trusted" in untrusted[1]) == (1, True)
    assert trusted[0] == 0, trusted[1]


async def test_a_machine_that_is_not_paired_says_what_to_do(program: Program, tmp_path: Path) -> None:
    code, text = await run(program, "run", "--state", tmp_path)
    assert (code, "Run: confhub-endpoint pair" in text) == (2, True)
