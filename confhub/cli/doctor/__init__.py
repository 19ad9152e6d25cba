"""`confhub doctor`: is this machine, and this installation, ready for the big day?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from confhub import settings as settings_module
from confhub.cli.run import add_settings, given
from confhub.cli.words import Words, add_language, terminal_language

if TYPE_CHECKING:
    from confhub.cli.doctor.findings import Finding

SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "fault": "[red]✗[/]"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub doctor [--json] [--language …]` with the settings that `confhub run` would get."""
    parser = subparsers.add_parser("doctor", help="check this machine and installation, and say what to do")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    add_language(parser)
    add_settings(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Check everything. Exit code 0, or 1 where something is at fault; warnings do not count."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from confhub.cli.doctor.findings import Verdict

    settings = settings_module.load(given(args))
    words = Words(terminal_language(args.shown_language))
    findings = [finding for check in _checks() for finding in check(settings)]
    lines = [_told(finding, words) for finding in findings]
    is_well = all(finding.verdict is not Verdict.FAULT for finding in findings)
    if args.json:
        print(json.dumps(lines, ensure_ascii=False, indent=2))
        return 0 if is_well else 1
    table = Table(box=None, show_header=False, padding=(0, 1))
    for line in lines:
        remedy = f"\n[dim]→ {escape(line['remedy'])}[/]" if line["remedy"] else ""
        table.add_row(SIGNS[line["verdict"]], line["name"], escape(line["found"]) + remedy)
    Console().print(table)
    return 0 if is_well else 1


def _told(finding: Finding, words: Words) -> dict[str, str]:
    """The finding in the reader's language."""
    return {
        "verdict": finding.verdict.value,
        "name": words.say(finding.name),
        "found": words.say(finding.found, **finding.params),
        "remedy": words.say(finding.remedy, **finding.params) if finding.remedy else "",
    }


def _checks() -> tuple[Callable[[settings_module.Settings], Iterator[Finding]], ...]:
    """In the order in which they are told."""
    from confhub.cli.doctor import machine, secrecy, service

    return (
        machine.processors,
        machine.memory,
        machine.space,
        machine.open_files,
        machine.socket_buffers,
        machine.packet_path,
        service.data_folder,
        service.database,
        service.ports,
        service.addresses,
        service.certificate,
        service.cluster,
        secrecy.permissions,
        secrecy.network,
        secrecy.mail,
        secrecy.arguments,
        secrecy.default_secrets,
        secrecy.retention,
    )
