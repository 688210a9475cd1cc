"""Where the demonstration works: any Loupe whose mails can be read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from loupe_client.demo import mailbox


class Target(Protocol):
    """A Loupe that runs."""

    @property
    def http(self) -> str:
        """URL of REST."""
        ...

    @property
    def grpc(self) -> str:
        """`host:port` of gRPC."""
        ...

    def mailed_code(self, address: str) -> str:
        """Returns the code of the newest mail to an address.

        Raises:
            LookupError: no such mail comes.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunningTarget:
    """A Loupe that somebody else started."""

    http: str
    """URL of REST."""
    grpc: str
    """`host:port` of gRPC."""
    mails: Path
    """Folder of the mails of auth, which has no SMTP server."""

    def mailed_code(self, address: str) -> str:
        """See `Target`."""
        return mailbox.code(self.mails, address)
