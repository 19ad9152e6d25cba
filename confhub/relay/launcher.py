"""Starts a relay from command line and environment: `confhub relay` and `python -m confhub.relay`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import ssl
import sys
from collections.abc import Mapping, Sequence

from confhub.kernel import repeats
from confhub.kernel.doors import raise_open_files
from confhub.kernel.limits import OPEN_FILES
from confhub.relay import native
from confhub.relay.service.server import BindError, Relay, Settings
from confhub.relay.wire.turn import TurnServers, check_urls

logger = logging.getLogger(__name__)
SECRET_MIN_CHARS = 32
"""HS256 is only as strong as its secret; LiveKit asks for the same."""

GC_THRESHOLDS = (20_000, 20, 50)
"""A participant is a few thousand objects that stay: with Python's 700, a join of 302 rooms runs through all
of them again and again, and a full collection is heard as a pause of 0.1 s."""

_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The relay's options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on, HTTP and UDP")
    parser.add_argument("--port", type=int, default=7880, help="TCP port for signalling and API, 0 for any")
    parser.add_argument("--udp-port", type=int, default=7882, help="UDP port for media, 0 for any")
    parser.add_argument(
        "--tcp-port",
        type=int,
        help="TCP port for media where UDP is blocked, 0 for any (default: UDP's number)",
    )
    parser.add_argument(
        "--advertise", nargs="+", default=[], metavar="ADDRESS", help="addresses told to clients for media"
    )
    parser.add_argument(
        "--turn", nargs="+", default=[], metavar="URL",
        help="TURN servers told to clients, e.g. turn:host:3478; their secret in CONFHUB_TURN_SECRET",
    )  # fmt: skip
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain for HTTPS and WSS")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key")
    parser.add_argument(
        "--webhook-url", action="append", default=[], metavar="URL", help="where events go; may be repeated"
    )
    parser.add_argument(
        "--remote-unmute",
        action="store_true",
        help="let MutePublishedTrack unmute as well (off, as in LiveKit)",
    )
    parser.add_argument(
        "--no-auto-create",
        dest="auto_create",
        action="store_false",
        help="nobody joins a room that CreateRoom has not made (LiveKit's room.auto_create: false)",
    )
    parser.add_argument(
        "--fanout",
        choices=native.CHOICES,
        help=f"who copies media packets: the compiled program, Python, or what there is (auto, "
        f"the default; also by {native.ENVIRONMENT})",
    )
    parser.add_argument("--log-level", choices=_LEVELS, default="info", help="how much is logged to stderr")


def read_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """API keys from LIVEKIT_KEYS="key: secret", several by comma or line. Raises SettingsError."""
    text = environment.get("LIVEKIT_KEYS", "").strip().strip("{}")
    keys: dict[str, str] = {}
    for entry in text.replace("\n", ",").split(","):
        if not entry.strip():
            continue
        key, colon, secret = entry.partition(":")
        key, secret = key.strip().strip("\"'"), secret.strip().strip("\"'")
        if not colon or not key or not secret:
            raise SettingsError('LIVEKIT_KEYS cannot be read: write it as LIVEKIT_KEYS="key: secret"')
        if len(secret) < SECRET_MIN_CHARS:
            raise SettingsError(
                f"the secret of key {key!r} in LIVEKIT_KEYS is shorter than {SECRET_MIN_CHARS} characters"
            )
        keys[key] = secret
    if not keys:
        raise SettingsError('no API key: set the environment variable LIVEKIT_KEYS="key: secret"')
    return keys


def read_turn(urls: Sequence[str], environment: Mapping[str, str]) -> TurnServers | None:
    """--turn, and its secret from the environment, as a command line is seen by all. Raises SettingsError."""
    if not urls:
        return None
    secret = environment.get("CONFHUB_TURN_SECRET", "").strip()
    if not secret:
        raise SettingsError("--turn needs the TURN server's static-auth-secret in CONFHUB_TURN_SECRET")
    try:
        check_urls(urls)
    except ValueError as error:
        raise SettingsError(f"--turn: {error}") from error
    return TurnServers(tuple(urls), secret)


def read_settings(args: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Options and environment as Settings. Raises SettingsError."""
    if bool(args.tls_cert) != bool(args.tls_key):
        raise SettingsError("--tls-cert and --tls-key belong together")
    ports = {"--port": args.port, "--udp-port": args.udp_port, "--tcp-port": args.tcp_port}
    for name, port in ports.items():
        if port is not None and not 0 <= port <= 65_535:
            raise SettingsError(f"{name} must be between 0 and 65535")
    if args.port and args.port == (args.udp_port if args.tcp_port is None else args.tcp_port):
        raise SettingsError(f"--port {args.port} is the TCP port for media too; give --tcp-port another")
    for url in args.webhook_url:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"--webhook-url must start with http:// or https://, not {url!r}")
    return Settings(
        keys=read_keys(environment),
        host=args.host,
        port=args.port,
        udp_port=args.udp_port,
        tcp_port=args.tcp_port,
        advertise=tuple(args.advertise),
        turn=read_turn(args.turn, environment),
        webhook_urls=tuple(args.webhook_url),
        tls_cert=args.tls_cert,
        tls_key=args.tls_key,
        remote_unmute=args.remote_unmute,
        auto_create=args.auto_create,
        metrics_token=environment.get("CONFHUB_METRICS_TOKEN", "").strip(),
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; the process's exit code (2: a setting is wrong or a port is taken)."""
    logging.basicConfig(
        level=args.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    os.umask(0o077)  # logs and whatever else it leaves are its user's alone
    repeats.limit()
    try:
        settings = read_settings(args, os.environ)
        _choose_fanout(args.fanout or os.environ.get(native.ENVIRONMENT) or "auto")
        asyncio.run(_serve(settings))
    except (SettingsError, BindError) as error:
        return _refuse(str(error))
    except ValueError as error:
        return _refuse(f"--advertise: {error}")
    except (OSError, ssl.SSLError) as error:
        return _refuse(f"--tls-cert or --tls-key cannot be used: {error}")
    return 0


def _choose_fanout(name: str) -> None:
    """Raises SettingsError for what cannot run here."""
    try:
        native.choose(name)
    except (native.NotBuiltError, ValueError) as error:
        raise SettingsError(f"--fanout ({native.ENVIRONMENT}): {error}") from None
    runs = native.describe()
    logger.info("packets are copied by the %s fan-out (%s)", runs["name"], runs["reason"])


def _refuse(text: str) -> int:
    sys.stderr.write(f"confhub relay: {text}\n")
    return 2


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    raise_open_files(OPEN_FILES)
    relay = Relay(settings)
    await relay.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    ready = {
        "event": "ready",
        "port": relay.port,
        "udp_port": relay.udp_port,
        "tcp_port": relay.tcp_port,
        "pid": os.getpid(),
        "fanout": native.describe()["name"],
        "instance": relay.instance,
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await relay.stop()


def main(arguments: list[str] | None = None) -> int:
    """Entry of `python -m confhub.relay`."""
    parser = argparse.ArgumentParser(prog="confhub relay", description="LiveKit-compatible media relay")
    add_arguments(parser)
    return run(parser.parse_args(arguments))
