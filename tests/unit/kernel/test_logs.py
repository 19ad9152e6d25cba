"""The log keeps secrets: credentials, tokens and phone numbers never reach stderr."""

from __future__ import annotations

import subprocess
import sys

import pytest

from confhub.kernel.logs import TAKEN_OUT, redact


@pytest.mark.parametrize(
    "secret",
    [
        "ep_0123456789abcdefghijklmnop",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJyb29tIn0.c2lnbmF0dXJl",
        "a-password-with-ümlaut",
    ],
)
def test_a_secret_is_taken_out_of_any_text(secret: str) -> None:
    texts = {
        "event": f"refused {secret}" if "password" not in secret else f"postgresql://hub:{secret}@db/confhub",
    }
    told = redact(None, "info", dict(texts))
    assert secret not in told["event"]
    assert TAKEN_OUT in told["event"]


def test_phone_numbers_and_passwords_are_taken_out_by_name() -> None:
    told = redact(None, "info", {"event": "saved", "operator_phone": "0210 384 0000", "password": "x" * 12})
    assert told == {"event": "saved", "operator_phone": TAKEN_OUT, "password": TAKEN_OUT}


def test_both_kinds_of_loggers_write_one_redacted_line() -> None:
    script = (
        "import logging, structlog\n"
        "from confhub.kernel.logs import configure\n"
        "configure()\n"
        "logging.getLogger('a').warning('GET /rtc?access_token=%s&x=1', 'abc')\n"
        "told = {'credential': 'ep_0123456789abcdefghij', 'pairing_code': 'ABCD-EFGH'}\n"
        "structlog.get_logger('b').info('paired', **told)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    first, second = done.stderr.splitlines()
    assert "access_token=[taken out]&x=1" in first
    assert "paired" in second
    assert "ep_" not in second
    assert "ABCD" not in second
