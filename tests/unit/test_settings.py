"""The settings: where they come from, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from confhub.kernel.errors import StartError
from confhub.settings import OPTIONS, load


def test_defaults_listen_on_loopback_and_keep_everything_in_one_folder(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path)}, {})
    assert settings.host == "127.0.0.1"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/confhub.db"
    assert settings.default_language == "vi"


def test_a_flag_wins_over_the_variable() -> None:
    settings = load({"port": "9000"}, {"CONFHUB_PORT": "9001", "CONFHUB_HOST": "::1"})
    assert (settings.port, settings.host) == (9000, "::1")


def test_people_write_database_urls_without_the_driver() -> None:
    settings = load({"database_url": "postgresql://u:p@db/confhub"}, {})
    assert settings.database_url == "postgresql+asyncpg://u:p@db/confhub"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "٣"),
        ("port", "http"),
        ("advertise", "0.0.0.0"),
        ("advertise", "::"),
        ("advertise", "10.0.0.1,nowhere"),
        ("trusted_proxies", "10.0.0.0/99"),
        ("database_url", "mysql://x/y"),
        ("database_url", "not a url"),
        ("livekit_url", "ftp://x"),
        ("livekit_url", "ws://[::1"),
        ("public_url", "https://"),
        ("relay_tcp_port", "-1"),
        ("turn", "stun:192.0.2.1"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("default_language", "fr"),
    ],
)
def test_a_wrong_value_names_the_flag_and_the_variable(name: str, value: str) -> None:
    option = next(option for option in OPTIONS if option.name == name)
    with pytest.raises(StartError) as told:
        load({name: value}, {})
    assert option.flags in str(told.value)
    assert option.variable in str(told.value)


def test_turn_servers_need_their_secret_in_the_environment() -> None:
    urls = "turn:192.0.2.1:3478, turns:192.0.2.1:5349"
    with pytest.raises(StartError, match="CONFHUB_TURN_SECRET"):
        load({"turn": urls}, {})
    settings = load({"turn": urls}, {"CONFHUB_TURN_SECRET": "x"})
    assert settings.turn == ("turn:192.0.2.1:3478", "turns:192.0.2.1:5349")
    assert "turn_secret" not in [option.name for option in OPTIONS]


def test_several_addresses_of_both_families_are_advertised() -> None:
    settings = load({"advertise": "192.0.2.7, [2001:db8::7]"}, {})
    assert settings.advertise == ("192.0.2.7", "2001:db8::7")


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="--tls-key"):
        load({"tls_cert": str(tmp_path / "c.pem")}, {})


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"c\.pem"):
        load({"tls_cert": str(tmp_path / "c.pem"), "tls_key": str(tmp_path / "k.pem")}, {})


def test_a_cluster_needs_its_key_and_secret() -> None:
    with pytest.raises(StartError, match="CONFHUB_LIVEKIT_SECRET"):
        load({"livekit_url": "wss://media.example"}, {})
