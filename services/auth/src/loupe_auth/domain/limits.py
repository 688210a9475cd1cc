"""How often something may be tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network


@dataclass(frozen=True)
class Limit:
    """At most `burst` at once, and one more each `refill`."""

    name: str
    """What is limited; part of the key, so that limits do not mix."""
    burst: int
    refill: timedelta


@dataclass(frozen=True)
class Backoff:
    """Some tries are free; after that each wait is twice the one before. Success forgives all of them."""

    name: str
    """As in Limit."""
    free: int
    first: timedelta
    """Wait before the first try that is not free."""
    longest: timedelta
    """No wait is longer. After twice this time without a try everything is forgiven."""


AnyLimit = Limit | Backoff

# One account guessed from one network: the owner elsewhere, or in a browser he has used before, is not slowed.
SIGN_IN_BY_EMAIL_AND_NETWORK = Backoff(
    "sign_in_pair", free=5, first=timedelta(seconds=2), longest=timedelta(minutes=15)
)
# A browser in which this person has signed in before: it counts for itself, whatever others guess.
SIGN_IN_BY_DEVICE = Backoff("sign_in_device", free=10, first=timedelta(seconds=2), longest=timedelta(minutes=5))
# One account guessed from many networks. High enough that the owner gets through between the guesses.
SIGN_IN_BY_EMAIL = Limit("sign_in_email", burst=60, refill=timedelta(seconds=5))
# Many accounts tried from one place; a plant behind one address signs in on Monday morning.
SIGN_IN_BY_ADDRESS = Limit("sign_in_address", burst=300, refill=timedelta(seconds=1))
# Mails to one address, whoever asks for them.
SIGN_UP_BY_EMAIL = Limit("sign_up_email", burst=5, refill=timedelta(minutes=10))
SIGN_UP_BY_ADDRESS = Limit("sign_up_address", burst=120, refill=timedelta(seconds=10))
RESET_BY_EMAIL = Limit("reset_email", burst=5, refill=timedelta(minutes=10))
RESET_BY_ADDRESS = Limit("reset_address", burst=60, refill=timedelta(seconds=10))
# The guesses of one verification are counted in the store; this bounds the work of hashing them.
VERIFY_BY_ADDRESS = Limit("verify_address", burst=120, refill=timedelta(seconds=2))
CHANGE_PASSWORD_BY_USER = Backoff("change_password", free=5, first=timedelta(seconds=2), longest=timedelta(minutes=15))
OIDC_BY_ADDRESS = Limit("oidc_address", burst=300, refill=timedelta(seconds=1))


def network(address: str) -> str:
    """Returns the network that one subscriber usually has: /24 of IPv4, /64 of IPv6; other texts as they are."""
    try:
        length = 24 if ip_address(address).version == 4 else 64
        return str(ip_network(f"{address}/{length}", strict=False))
    except ValueError:
        return address
