"""`confhub-endpoint pair CODE --hub URL`: one code becomes this room's own credential."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path
from typing import Any

import aiohttp

from endpoints import state
from endpoints.agent.hub import HubAddress, HubRefused, HubUnreachable, post
from endpoints.words import say

_CODE = re.compile(r"[A-Za-z0-9-]{4,64}")
_KNOWN = (
    "pairing_code_unknown",
    "pairing_code_used",
    "pairing_code_expired",
    "pairing_code_revoked",
)
MAX_FIELD = 500


class PairingFailed(Exception):
    """The sentence for the person at the keyboard."""


def clean_code(text: str) -> str | None:
    """The code as typed, without the spaces people add; None when it cannot be one."""
    code = "".join(text.split())
    return code if _CODE.fullmatch(code) else None


def parse_answer(text: str) -> tuple[dict[str, str], str] | None:
    """(endpoint's code, name and unit; credential) of a 200 answer, None when it is not the hub's."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    endpoint = body.get("endpoint") if isinstance(body, dict) else None
    credential = body.get("credential") if isinstance(body, dict) else None
    if not isinstance(endpoint, dict) or not isinstance(credential, str) or not credential:
        return None
    if len(credential) > MAX_FIELD or not credential.isascii() or not credential.isprintable():
        return None
    fields = {name: _text(endpoint.get(name)) for name in ("code", "name", "unit")}
    return (fields, credential) if fields["code"] else None


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return value[:MAX_FIELD] if isinstance(value, str) else ""


async def pair(code: str, address: HubAddress, ca: str, folder: Path, version: str, lang: str) -> str:
    """Pairs and stores; returns the good news. `ca` is kept as it is: an absolute path or nothing.
    Raises PairingFailed with the words for what went wrong."""
    cleaned = clean_code(code)
    if cleaned is None:
        raise PairingFailed(say(lang, "code_wrong"))
    try:
        state.prepare(folder)  # before the code is used up
    except OSError as error:
        raise PairingFailed(say(lang, "state_unwritable", path=folder, reason=error.strerror)) from error
    answer = parse_answer(await _ask(cleaned, address, version, lang))
    if answer is None:
        raise PairingFailed(say(lang, "hub_answer_wrong", hub=address.url))
    fields, credential = answer
    pairing = state.Pairing(address.url, fields["code"], fields["name"], fields["unit"], credential, ca)
    try:
        path = state.save(folder, pairing)
    except OSError as error:
        raise PairingFailed(say(lang, "state_unwritable", path=folder, reason=error.strerror)) from error
    return say(lang, "paired", path=path, **fields)


async def _ask(code: str, address: HubAddress, version: str, lang: str) -> str:
    body = {"code": code, "version": version, "machine": platform.node()[:200]}
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            return await post(http, address, "/api/v1/endpoint/pair", body)
    except HubRefused as error:
        if error.code in _KNOWN:
            raise PairingFailed(say(lang, error.code)) from error
        if error.status == 429:
            seconds = error.retry_after_s or 60
            raise PairingFailed(say(lang, "too_many_attempts", seconds=seconds)) from error
        refused = say(lang, "hub_refused", status=error.status, code=error.code)
        raise PairingFailed(refused) from error
    except HubUnreachable as error:
        key = "tls_not_trusted" if error.tls else "hub_unreachable"
        raise PairingFailed(say(lang, key, hub=address.url, reason=error)) from error
