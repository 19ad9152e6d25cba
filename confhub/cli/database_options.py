"""The settings of a command that works on a hub's database: where it is, and its zone of time."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Final

from confhub import settings as settings_module
from confhub.settings import Settings

NAMES: Final = ("data_dir", "database_url", "timezone")


def add_database(parser: argparse.ArgumentParser, *more: str) -> None:
    """`--data`, `--database`, `--timezone`, and the options of the settings named in `more`."""
    add_settings(parser, (*NAMES, *more))


def add_settings(parser: argparse.ArgumentParser, names: Collection[str]) -> None:
    """The options of these settings."""
    for option in settings_module.OPTIONS:
        if option.name in names:
            parser.add_argument(option.flags, dest=option.name, default=None, help=option.help)


def database_settings(args: argparse.Namespace) -> Settings:
    """What was given and what stands in the environment. Raises StartError."""
    return settings_module.load({one.name: getattr(args, one.name, None) for one in settings_module.OPTIONS})
