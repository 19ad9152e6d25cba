"""`confhub relay`: the media server alone, with keys from the environment as LiveKit takes them."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub relay --host --port --udp-port …`."""
    # The one doorway to the relay: its launcher.
    from confhub.relay import launcher

    parser = subparsers.add_parser("relay", help="run the LiveKit-compatible media relay alone")
    launcher.add_arguments(parser)
    parser.set_defaults(handler=launcher.run)
