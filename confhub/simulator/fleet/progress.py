"""The fleet in the terminal: one line that changes, where there is a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.live import Live
from rich.progress import Progress as Bar
from rich.table import Table

from confhub.simulator.fleet.status import Status


class Progress:
    """A context; `show` draws the figures when `active` and the output is a terminal."""

    def __init__(self, active: bool) -> None:
        console = Console(stderr=True)
        self._live = Live(console=console, refresh_per_second=2) if active and console.is_terminal else None

    def __enter__(self) -> Progress:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, status: Status) -> None:
        """Draws."""
        if self._live is not None:
            self._live.update(table(status))


class Counter:
    """A context with one line that counts up to `total`; silent where there is no terminal."""

    def __init__(self, text: str, total: int) -> None:
        console = Console(stderr=True)
        self._bar = Bar(console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task(text, total=total)

    def __enter__(self) -> Counter:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, done: int) -> None:
        """So many are done."""
        self._bar.update(self._task, completed=done)


def table(status: Status) -> Table:
    """The figures as one small table."""
    loss = status.packets_lost / max(1, status.packets_received + status.packets_lost)
    grid = Table(box=None, pad_edge=False)
    cells = {
        "online": f"{status.connected}/{status.rooms}",
        "joined": f"{status.joined}/{status.rooms}",
        "picture": str(status.with_picture),
        "sound": str(status.with_sound),
        "packets": f"{status.packets_received:,}",
        "loss": f"{loss:.3%}",
        "decoded": f"{status.decode_ok}/{status.decode_rooms}",
        "CPU": f"{status.cpu_s:.1f} s",
    }
    for name in cells:
        grid.add_column(name, justify="right")
    grid.add_row(*cells.values())
    return grid
