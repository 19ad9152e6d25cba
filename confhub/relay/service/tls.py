"""TLS for HTTPS and WSS: a certificate from files, read again when they change."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl

log = logging.getLogger(__name__)

_CHECK_INTERVAL_S = 5.0


class ReloadingCertificate:
    """An SSL context whose certificate follows its files; running connections keep theirs."""

    def __init__(self, cert_file: str, key_file: str) -> None:
        """Raises OSError or ssl.SSLError where the files cannot be used."""
        self._files = (cert_file, key_file)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(cert_file, key_file)
        self._seen = self._stamp()

    def reload_if_changed(self) -> bool:
        """Read the files again if they changed; a broken pair leaves the old certificate in use."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        try:
            self.context.load_cert_chain(*self._files)
        except (OSError, ssl.SSLError) as error:
            log.error("the TLS certificate cannot be read again, the old one stays: %s", error)
            return False
        self._seen = stamp
        log.info("TLS certificate read again")
        return True

    async def watch(self) -> None:
        """Look at the files until cancelled."""
        while True:
            await asyncio.sleep(_CHECK_INTERVAL_S)
            self.reload_if_changed()

    def _stamp(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(self._stamp_of(name) for name in self._files)

    @staticmethod
    def _stamp_of(name: str) -> tuple[int, int] | None:
        try:
            status = os.stat(name)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino
