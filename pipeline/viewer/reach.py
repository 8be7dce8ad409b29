"""From where the viewer can be reached: this machine alone, or a school's network with a certificate or behind a proxy."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the server listens, and by which names people call it (for all but this machine's own).

    ``certificate`` and ``key`` are PEM files; ``behind_proxy`` means that a proxy on this machine speaks TLS to people.
    """

    host: str = LOOPBACK
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only this machine's own browsers can come."""
        return is_loopback_address(self.host) and not self.behind_proxy

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by HTTPS."""
        return self.certificate is not None or self.behind_proxy

    def check(self, *, accounts: bool) -> None:
        """Raises UsageError where others could come in without a log-in, or listen in on the way."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError as error:
            hint = "Give the address of a network card, or 0.0.0.0 for all; the name goes to --name."
            raise UsageError(f"--host {self.host!r} is no address.", hint=hint) from error
        if (self.certificate is None) != (self.key is None):
            raise UsageError("A certificate and its key go together.", hint="Give both --certificate and --key.")
        for path in filter(None, (self.certificate, self.key)):
            if not path.is_file():
                raise UsageError(f"{path} is not there.", hint="Name the PEM file.")
        if self.is_local:
            return
        if not accounts:
            message = "Others can reach this address, and nobody has an account yet."
            raise UsageError(message, hint="Make the first one: lessonmirror people add LOGIN --role administrator")
        if not self.is_secure:
            message = "Others could listen in: this address has no certificate."
            raise UsageError(
                message, hint="Give --certificate and --key, or --behind-proxy where a proxy speaks HTTPS."
            )
        if not self.names:
            message = "The server has to know by which name people call it."
            raise UsageError(message, hint="Give it with --name, such as --name lessons.school.example")


LOCAL = Reach()


def is_loopback_address(text: str) -> bool:
    """Whether this is an address of this machine that others cannot reach."""
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
