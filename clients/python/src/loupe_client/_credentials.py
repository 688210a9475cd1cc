"""Who calls: an API key, or the session of a person, renewed while it is in use."""

import threading
import time
from collections.abc import Callable

from loupe.auth.v1 import account_service_pb2 as pb

_RENEW_BEFORE_SECONDS = 30.0


class Credentials:
    """Gives the token of the next call.

    Args:
        api_key: `lp_…`, or None.
        renew: Exchanges a refresh token for the next pair of tokens.
    """

    def __init__(self, api_key: str | None, renew: Callable[[str], pb.SessionTokens]) -> None:
        self._access = api_key
        self._refresh = ""
        self._ends = float("inf")
        self._renew = renew
        self._lock = threading.Lock()

    def open(self, tokens: pb.SessionTokens) -> None:
        """Takes the tokens of a sign-in."""
        self._access, self._refresh = tokens.access_token, tokens.refresh_token
        self._ends = tokens.access_token_expire_time.seconds

    def close(self) -> None:
        """Forgets everything; the calls that follow are nobody's."""
        self._access, self._refresh, self._ends = None, "", float("inf")

    def token(self) -> str | None:
        """Returns the token of the next call; threads that come together renew it once.

        Raises:
            NotSignedIn: the session has ended; sign in again.
        """
        if self._needs_renewal():
            with self._lock:
                if self._needs_renewal():
                    self.open(self._renew(self._refresh))
        return self._access

    def _needs_renewal(self) -> bool:
        return bool(self._refresh) and time.time() > self._ends - _RENEW_BEFORE_SECONDS
