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
        ("smtp_url", "smtp://mail?tls=off"),
        ("smtp_url", "smtps://mail?tls=none"),
        ("mail_domains", "phutho"),
        ("mail_domains", "a@b@phutho.gov.vn"),
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


@pytest.mark.parametrize("name", ["lrs_secret", "smtp_url", "database_url"])
def test_a_secret_can_be_handed_over_as_a_file(tmp_path: Path, name: str) -> None:
    value = {"database_url": "postgresql://u:p@db/x", "smtp_url": "smtps://u:p@mail"}.get(name, "hidden")
    file = tmp_path / "secret"
    file.write_text(value + "\n")
    rest = {"smtp_url": {"mail_from": "hop@phutho.example.vn"}}.get(name, {})
    option = next(option for option in OPTIONS if option.name == name)
    for flags, environ in (
        ({f"{name}_file": str(file)}, {}),
        ({}, {f"{option.variable}_FILE": str(file)}),
        ({}, {option.variable: value}),
    ):
        settings = load({**flags, **rest}, environ)
        assert "hidden" in settings.lrs_secret or "u:p@" in f"{settings.smtp_url}{settings.database_url}"
        assert settings.exposed == ()
    assert load({name: value, **rest}, {}).exposed == (option.flags,)
    with pytest.raises(StartError, match="_FILE"):
        load({f"{name}_file": str(tmp_path / "nothing"), **rest}, {})


def test_secrets_without_a_flag_can_be_files_too(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hidden\n")
    names = {"CONFHUB_TURN_SECRET_FILE": str(file), "CONFHUB_METRICS_TOKEN_FILE": str(file)}
    settings = load({"turn": "turn:192.0.2.1:3478"}, names)
    assert (settings.turn_secret, settings.metrics_token) == ("hidden", "hidden")


@pytest.mark.parametrize(
    ("flags", "in_clear"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "10.0.0.5", "public_url": "https://hop.example.vn"}, True),
        (
            {"host": "10.0.0.5", "public_url": "https://hop.example.vn", "trusted_proxies": "10.0.0.0/8"},
            False,
        ),
        ({"host": "10.0.0.5", "public_url": "http://hop.example.vn", "trusted_proxies": "10.0.0.0/8"}, True),
    ],
)
def test_plain_http_on_a_network_is_known(flags: dict[str, str], in_clear: bool) -> None:
    assert load(flags, {}).plain_on_network is in_clear


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
