"""The hub's settings: typed, read from CONFHUB_* variables and flags, checked once at start.

A wrong value raises `StartError` naming the variable and the flag to change.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from confhub.kernel.errors import StartError

LANGUAGES = ("vi", "en")
FANOUTS = ("auto", "compiled", "python")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set from outside. Paths are absolute, addresses are literals."""

    data_dir: Path
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    """How people reach the hub, e.g. `https://hop.example.vn`; None: taken from each request."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    livekit_url: str | None = None
    """`ws(s)://` of a LiveKit cluster; None: the hub starts a relay of its own."""
    livekit_key: str = ""
    livekit_secret: str = ""
    relay_port: int = 7880
    relay_udp_port: int = 7882
    relay_tcp_port: int | None = None
    """For media over TCP; None: the number of `relay_udp_port`."""
    turn: tuple[str, ...] = ()
    """TURN servers that the relay tells its clients."""
    turn_secret: str = ""
    """Those servers' secret; from CONFHUB_TURN_SECRET or a file alone."""
    fanout: str = "auto"
    """Who copies media packets in the relay: "compiled", "python", or "auto", what there is."""
    media_url: str | None = None
    """How people reach the relay; None: the host of the request and `relay_port`."""
    webhook_url: str | None = None
    """How a LiveKit cluster or relay reaches this hub; None: loopback."""
    advertise: tuple[str, ...] = ()
    """Addresses (IPv4, IPv6) in the relay's ICE candidates; empty: its own."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-For and X-Forwarded-Proto count."""
    timezone: str = "Asia/Ho_Chi_Minh"
    default_language: str = "vi"
    metrics_token: str = ""
    """Opens `/metrics` of hub and relay; from the environment alone. Empty: there is no such page."""

    smtp_url: str | None = None
    """`smtp://user:password@host:587` (STARTTLS, demanded) or `smtps://`; `smtp://…?tls=none` sends in clear.
    None: no report is mailed."""
    mail_from: str = ""
    """The sender of those e-mails."""
    mail_domains: tuple[str, ...] = ()
    """Domains (with those below them) and single addresses that mail may go to; empty: the sender's."""
    webhook_networks: tuple[str, ...] = ()
    """Networks of the house that webhooks may go to; empty: only public addresses, by https."""
    lrs_url: str | None = None
    """The xAPI endpoint of a learning record store: `https://lrs.example.vn/xapi`. None: there is none."""
    lrs_key: str = ""
    lrs_secret: str = ""

    exposed: tuple[str, ...] = ()
    """Flags by which a secret stood on the command line, where everybody on the machine reads it."""

    @property
    def tls(self) -> bool:
        """Whether hub and relay serve HTTPS and WSS themselves."""
        return self.tls_cert is not None

    @property
    def mail_in_clear(self) -> bool:
        """Whether reports, and the mail server's password, leave without TLS: said aloud by `?tls=none`."""
        return self.smtp_url is not None and urlsplit(self.smtp_url).query == "tls=none"

    @property
    def recipients_allowed(self) -> tuple[str, ...]:
        """Domains and addresses that mail may go to."""
        return self.mail_domains or tuple(filter(None, (self.mail_from.rpartition("@")[2].lower(),)))

    @property
    def plain_on_network(self) -> bool:
        """Whether pages, passwords and tokens cross a network in clear: neither TLS here nor a proxy that is
        trusted to have it."""
        if self.tls or _is_loopback(self.host):
            return False
        behind_proxy = bool(self.trusted_proxies) and (self.public_url or "").startswith("https://")
        return not behind_proxy


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as the outside sees it. `parse` raises ValueError with the remedy."""

    name: str
    parse: Callable[[str], Any]
    help: str
    flag: str = ""
    secret: Callable[[str], bool] | None = None
    """Says of a value whether it holds a secret; such a one can be given as a file."""

    @property
    def variable(self) -> str:
        return f"CONFHUB_{self.name.upper()}"

    @property
    def flags(self) -> str:
        return self.flag or "--" + self.name.removesuffix("_dir").replace("_", "-")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def always(_: str) -> bool:
    """A value that is a secret as a whole."""
    return True


def _has_password(text: str) -> bool:
    try:
        return urlsplit(text).password is not None
    except ValueError:
        return False


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise ValueError("give a port number from 0 to 65535")
    return int(text)


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 or IPv6 address") from None
    if address.is_unspecified:
        raise ValueError(f"{text} cannot be reached by anybody; give an address of this machine")
    return str(address)


def _networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part.strip(), strict=False)) for part in _parts(text))
    except ValueError as error:
        raise ValueError(f"{error}; give networks such as 10.0.0.0/8, separated by commas") from None


def _parts(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(_address(part) for part in _parts(text))


def _turn(text: str) -> tuple[str, ...]:
    urls = tuple(_parts(text))
    if not all(url.startswith(("turn:", "turns:")) for url in urls):
        raise ValueError("give URLs such as turn:turn.example.vn:3478 or turns:turn.example.vn:5349")
    return urls


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        try:
            parts = urlsplit(text)
            valid = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            valid = False
        if not valid:
            raise ValueError(f"give a URL that begins with {' or '.join(s + '://' for s in schemes)}")
        return text.rstrip("/")

    return parse


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _database(text: str) -> str:
    """Accepts `postgresql://` and `sqlite:///` as people write them; adds the asynchronous driver."""
    drivers = {
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
        "sqlite": "sqlite+aiosqlite",
    }
    scheme, separator, rest = text.partition("://")
    text = f"{drivers.get(scheme, scheme)}{separator}{rest}"
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("give a URL such as postgresql://user:password@host/database") from None
    if url.drivername not in drivers.values():
        raise ValueError("only sqlite:/// and postgresql:// are served")
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("give a time zone such as Asia/Ho_Chi_Minh") from None


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"give one of {', '.join(LANGUAGES)}")
    return text


def _mail_address(text: str) -> str:
    local, at, host = text.strip().rpartition("@")
    if not (local and at and host) or any(part in text.strip() for part in " \r\n,;"):
        raise ValueError("give an address such as hop@phutho.example.vn")
    return text.strip()


def _smtp_url(text: str) -> str:
    url = _url("smtp", "smtps")(text)
    parts = urlsplit(url)
    if parts.query not in ("", "tls=none") or (parts.query and parts.scheme == "smtps"):
        raise ValueError("after the host only ?tls=none may stand, which sends mail in clear (smtp:// alone)")
    return url


def _mail_domains(text: str) -> tuple[str, ...]:
    domains = tuple(dict.fromkeys(part.lower().removeprefix("@") for part in _parts(text)))
    for domain in domains:
        host = domain.rpartition("@")[2]
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) or domain.count("@") > 1:
            raise ValueError("give domains such as phutho.gov.vn, or single addresses, separated by commas")
    return domains


def _fanout(text: str) -> str:
    if text not in FANOUTS:
        raise ValueError(f"give one of {', '.join(FANOUTS)}")
    return text


OPTIONS: tuple[Option, ...] = (
    Option("data_dir", _path, "folder of database, keys and certificates (default: ./confhub-data)"),
    Option(
        "database_url",
        _database,
        "postgresql://… instead of SQLite in the data folder",
        "--database",
        _has_password,
    ),
    Option("host", str, "address to listen on (default: 127.0.0.1)"),
    Option("port", _port, "port of the pages and the API (default: 8080)"),
    Option("public_url", _url("http", "https"), "how people reach the hub, e.g. behind a proxy"),
    Option("tls_cert", _path, "certificate chain (PEM) of hub and relay"),
    Option("tls_key", _path, "private key (PEM) of that certificate"),
    Option(
        "livekit_url", _url("ws", "wss", "http", "https"), "a LiveKit cluster instead of the embedded relay"
    ),
    Option("livekit_key", str, "API key of the LiveKit cluster"),
    Option("livekit_secret", str, "API secret of the LiveKit cluster", secret=always),
    Option("relay_port", _port, "signalling port of the embedded relay (default: 7880)"),
    Option("relay_udp_port", _port, "UDP port of the embedded relay's media (default: 7882)"),
    Option("relay_tcp_port", _port, "TCP port of its media, where UDP is blocked (default: UDP's number)"),
    Option(
        "turn",
        _turn,
        "TURN servers for the embedded relay's clients, separated by commas: turn:host:3478; "
        "their secret in CONFHUB_TURN_SECRET",
    ),
    Option("fanout", _fanout, "who copies its media packets: auto, compiled or python (default: auto)"),
    Option("media_url", _url("ws", "wss"), "how people reach the relay, e.g. behind a proxy"),
    Option("webhook_url", _url("http", "https"), "how the media server reaches this hub (default: loopback)"),
    Option(
        "advertise", _addresses, "addresses of this machine for media, IPv4 and IPv6, separated by commas"
    ),
    Option("trusted_proxies", _networks, "networks of proxies whose X-Forwarded-For counts"),
    Option("timezone", _zone, "time zone of pages and reports (default: Asia/Ho_Chi_Minh)"),
    Option(
        "smtp_url",
        _smtp_url,
        "mail server of scheduled reports and invitations, smtp://user:password@host:587 (STARTTLS is "
        "demanded) or smtps://…; ?tls=none after the port sends in clear",
        secret=_has_password,
    ),
    Option("mail_from", _mail_address, "sender of scheduled reports and invitations"),
    Option(
        "mail_domains",
        _mail_domains,
        "domains and addresses that reports and invitations may be mailed to, separated by commas "
        "(default: the sender's)",
    ),
    Option(
        "webhook_networks",
        _networks,
        "networks of this house that webhooks may go to, separated by commas (default: none; only public "
        "addresses by https)",
    ),
    Option("lrs_url", _url("http", "https"), "xAPI endpoint of a learning record store"),
    Option("lrs_key", str, "its key (user name)"),
    Option("lrs_secret", str, "its secret", secret=always),
    Option("default_language", _language, "vi or en, where a reader has not chosen (default: vi)"),
)


UNFLAGGED: tuple[Option, ...] = (
    Option("metrics_token", str, "opens /metrics of hub and relay"),
    Option("turn_secret", str, "the TURN servers' static-auth-secret"),
)
"""Secrets that have no flag at all: a variable, or its twin that names a file (`…_FILE`)."""


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from flags (by option name, None where not given), then CONFHUB_* variables, then defaults."""
    values: dict[str, Any] = {}
    flags = flags or {}
    exposed = []
    for option in OPTIONS:
        flag = flags.get(option.name)
        text = flag if flag is not None else environ.get(option.variable, "").strip() or None
        if option.secret is not None:
            if flag is not None and option.secret(str(flag)):
                exposed.append(option.flags)
            if text is None:
                text = _from_file(option, flags, environ)
        if text is None:
            continue
        try:
            values[option.name] = option.parse(str(text))
        except ValueError as error:
            raise StartError(f"{option.flags} ({option.variable}): {error}.") from None
    values.setdefault("data_dir", Path("confhub-data").absolute())
    values.setdefault("database_url", f"sqlite+aiosqlite:///{values['data_dir'] / 'confhub.db'}")
    for option in UNFLAGGED:
        given = environ.get(option.variable, "").strip() or _from_file(option, {}, environ)
        values[option.name] = given or ""
    settings = Settings(**values, exposed=tuple(exposed))
    _check_together(settings)
    if settings.turn and not settings.turn_secret:
        raise StartError("--turn needs the TURN server's static-auth-secret in CONFHUB_TURN_SECRET as well.")
    return settings


def _from_file(option: Option, flags: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    name = flags.get(f"{option.name}_file") or environ.get(f"{option.variable}_FILE", "").strip()
    if not name:
        return None
    try:
        text = Path(str(name)).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise StartError(
            f"{option.flags}-file ({option.variable}_FILE): cannot read {name} ({reason})."
        ) from None
    if not text:
        raise StartError(f"{option.flags}-file ({option.variable}_FILE): {name} is empty.")
    return text


def _check_together(settings: Settings) -> None:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise StartError("--tls-cert and --tls-key go together: give both or neither.")
    for flag, path in (("--tls-cert", settings.tls_cert), ("--tls-key", settings.tls_key)):
        if path is not None and not path.is_file():
            raise StartError(f"{flag}: there is no file {path}. `confhub tls init` makes a certificate.")
    if settings.smtp_url and not settings.mail_from:
        raise StartError("--smtp-url needs --mail-from (CONFHUB_MAIL_FROM) as well.")
    if settings.lrs_url and not (settings.lrs_key and settings.lrs_secret):
        raise StartError("--lrs-url needs --lrs-key and CONFHUB_LRS_SECRET as well.")
    if settings.livekit_url and not (settings.livekit_key and settings.livekit_secret):
        raise StartError("--livekit-url needs --livekit-key and CONFHUB_LIVEKIT_SECRET as well.")
