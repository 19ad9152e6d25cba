"""A browser on another machine: a network namespace of its own, HTTPS, a real permission."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HUB, VISITOR = (
    "192.0.2.1",
    "192.0.2.2",
)  # RFC 5737: documentation addresses, inside the test's namespaces only
PORT = 8443
PYTHON = sys.executable
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PASSWORD = "hoang hon mau tim 7 con meo"


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done


@pytest.fixture
def machines() -> Iterator[tuple[str, str]]:
    """Two network namespaces joined by one cable: (hub's, visitor's)."""
    missing = [tool for tool in ("ip", "certutil", CHROMIUM) if shutil.which(tool) is None]
    if os.geteuid() != 0:
        missing.append("root")
    if missing:
        reason = f"needs {', '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    tag = secrets.token_hex(3)
    hub, visitor = f"hub-{tag}", f"visit-{tag}"
    made = []
    try:
        for name in (hub, visitor):
            run("ip", "netns", "add", name)
            made.append(name)
        run(
            "ip",
            "link",
            "add",
            "cable",
            "netns",
            hub,
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            visitor,
        )
        for name, address in ((hub, HUB), (visitor, VISITOR)):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "cable")
            for device in ("lo", "cable"):
                run("ip", "-n", name, "link", "set", device, "up")
        yield hub, visitor
    finally:
        for name in made:
            run("ip", "netns", "delete", name)


@pytest.fixture
def hub(machines: tuple[str, str], tmp_path: Path) -> Iterator[Path]:
    """The data folder of a hub with the shipped province, an administrator and HTTPS, in its namespace."""
    import confhub.registry

    data = tmp_path / "data"
    confhub_command = [PYTHON, "-m", "confhub.cli.main"]
    shipped = Path(confhub.registry.__file__).parent / "data" / "phutho-2020.csv"
    run(*confhub_command, "import", shipped, "--data", data)
    run(
        *confhub_command, "user", "add", "admin", "--role", "administrator", "--password-stdin",
        "--data", data,
        input=PASSWORD + "\n",
    )  # fmt: skip
    run(*confhub_command, "tls", "init", "--data", data, "--host", HUB)
    tls = data / "tls"
    log = (tmp_path / "hub.log").open("wb")
    process = subprocess.Popen(
        [
            "ip", "netns", "exec", machines[0], *confhub_command, "run", "--data", str(data), "--host", HUB,
            "--port", str(PORT), "--advertise", HUB, "--tls-cert", str(tls / "server.pem"),
            "--tls-key", str(tls / "server.key"),
        ],
        stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        printed = process.stdout.readline()
        assert "confhub is ready" in printed, printed + (tmp_path / "hub.log").read_text()
        yield data
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()
        log.close()


@pytest.mark.calm
def test_a_browser_on_another_machine_is_seen_over_https(
    machines: tuple[str, str], hub: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    run("certutil", "-d", f"sql:{store}", "-N", "--empty-password")
    run("certutil", "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", "confhub", "-i", hub / "tls" / "ca.pem")
    visitor = Path(__file__).with_name("visitor.py")
    seen = run(
        "ip", "netns", "exec", machines[1], PYTHON, visitor, f"https://{HUB}:{PORT}", CHROMIUM, PASSWORD,
        env={**os.environ, "HOME": str(home)}, timeout=120,
    )  # fmt: skip
    assert json.loads(seen.stdout) == {
        "secure": True,
        "camera": "granted",
        "camera_on": True,
        "protocol": "https:",
    }
