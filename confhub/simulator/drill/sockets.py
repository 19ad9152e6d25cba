"""UDP sockets as the kernel counts them: what came and found the receiver's buffer full."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


@dataclass
class SocketDrops:
    """Sampled, since a closed socket tells nothing more. `rooms`: sockets connected to the relay's port."""

    _by_socket: dict[tuple[str, str], int] = field(default_factory=dict)

    def sample(self, relay_udp_port: int) -> None:
        """Note every socket's count that has to do with the relay."""
        for table in _TABLES:
            try:
                lines = table.read_text().splitlines()[1:]
            except OSError:
                continue
            for line in lines:
                self._note(line.split(), relay_udp_port)

    def _note(self, fields: list[str], port: int) -> None:
        local, remote, inode, drops = fields[1], fields[2], fields[9], int(fields[12])
        ports = [int(address.rpartition(":")[2], 16) for address in (local, remote)]
        if port not in ports or not drops:
            return
        side = "rooms" if ports[1] == port else "relay"
        key = (side, inode)
        self._by_socket[key] = max(drops, self._by_socket.get(key, 0))

    @property
    def rooms(self) -> int:
        """Datagrams that a room's full socket refused."""
        return self._sum("rooms")

    @property
    def relay(self) -> int:
        """Datagrams that the relay's full socket refused."""
        return self._sum("relay")

    def _sum(self, side: str) -> int:
        return sum(drops for (name, _), drops in self._by_socket.items() if name == side)
