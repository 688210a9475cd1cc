"""Proof that a mailbox belongs to the person who signs up: a mailed code, bound to one verification."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CODE_DIGITS = 8
CODE_LIFETIME = timedelta(minutes=10)
MAXIMUM_GUESSES = 5
MAXIMUM_MAILS = 5
RESEND_AFTER = timedelta(seconds=60)
FLOW_LIFETIME = timedelta(hours=1)


class Purpose(StrEnum):
    """What happens once the code is given back."""

    SIGN_UP = "SIGN_UP"
    """The account is created."""
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105  not a password
    """A new password is set."""
    UNKNOWN_ADDRESS = "UNKNOWN_ADDRESS"
    """Nothing, and no mail is sent: nobody has this address. To the outside the same as PASSWORD_RESET."""
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    """Nothing: the address has an account, and nobody was told the code. To the outside the same as SIGN_UP."""


@dataclass(frozen=True)
class PendingAccount:
    """What the account will be; it exists only here until the mailbox is proven."""

    display_name: str
    department_id: str | None
    department_display_name: str
    """Department to join or create by name; empty: none."""
    duty: str
    location: str
    password_hash: str


NO_ACCOUNT = PendingAccount("", None, "", "", "", "")
"""Where a verification is not about a new account."""


@dataclass(frozen=True)
class Verification:
    """One running proof of a mailbox."""

    id: str
    """UUIDv7; no secret."""
    purpose: Purpose
    email: str
    code_hash: str
    """Password hash of the newest code."""
    guesses_left: int
    """0 to 5; spent before a guess is looked at, so that guesses at the same moment count too."""
    mails_left: int
    """0 to 5, how many more mails may be asked for."""
    code_expire_time: datetime
    resend_time: datetime
    """From when on another mail may be asked for."""
    expire_time: datetime
    """End of the verification as a whole, resends included."""
    create_time: datetime
    pending: PendingAccount
    consume_time: datetime | None = None
    """When the account was created; None: not yet."""

    def can_continue(self, now: datetime) -> bool:
        """Whether another code may be mailed at some time."""
        return self.consume_time is None and self.guesses_left > 0 and now < self.expire_time


def new_code() -> str:
    """Returns 8 random digits: 26.5 bits, five guesses of which succeed once in twenty million verifications."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def clean_code(text: str) -> str:
    """Returns a typed code without the spaces and hyphens that people and mail programs add."""
    return "".join(character for character in text if character not in " -\u00a0\t")[: CODE_DIGITS + 1]


def readable_code(code: str) -> str:
    """Returns the code as it is mailed, in two groups."""
    return f"{code[: CODE_DIGITS // 2]} {code[CODE_DIGITS // 2 :]}"
