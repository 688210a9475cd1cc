"""The mails that this service writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from loupe_auth.domain.verifications import readable_code


class SmtpSecurity(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    """Upgraded after the greeting; refused when the server cannot."""
    TLS = "tls"
    """TLS from the first byte."""
    NONE = "none"
    """Not at all: for a relay on the same machine."""


@dataclass(frozen=True)
class Mail:
    """One plain-text mail."""

    to: str
    subject: str
    text: str
    gist: str
    """The one line that matters; the mailbox folder of an installation without SMTP shows it in the log."""


def verification_mail(to: str, code: str, minutes: int) -> Mail:
    """Returns the mail with a sign-up code."""
    gist = f"Your Loupe code is {readable_code(code)}"
    text = (
        f"{gist}.\n\nEnter it on the sign-up page within {minutes} minutes. It works once.\n\n"
        "If you did not sign up for Loupe, ignore this mail: without the code no account comes to be.\n"
    )
    return Mail(to=to, subject=gist, text=text, gist=gist)


def reset_mail(to: str, code: str, lifetime: timedelta) -> Mail:
    """Returns the mail with a code for a new password."""
    gist = f"Your Loupe code is {readable_code(code)}"
    text = (
        f"{gist}.\n\nEnter it within {int(lifetime.total_seconds() // 60)} minutes to set a new password. It works "
        "once.\n\nIf you did not ask for a new password, ignore this mail: your password stays as it is.\n"
    )
    return Mail(to=to, subject=gist, text=text, gist=gist)


def password_changed_mail(to: str) -> Mail:
    """Returns the mail that tells the owner of an account that its password is another one now."""
    gist = "Your Loupe password was changed"
    text = (
        f"{gist}, and you were signed out everywhere else.\n\nIf it was not you, set a new one with 'Forgot password' "
        "on the sign-in page, and tell your administrator.\n"
    )
    return Mail(to=to, subject=gist, text=text, gist=gist)


def already_registered_mail(to: str) -> Mail:
    """Returns the mail to the owner of an address with which somebody signed up again."""
    gist = "You already have a Loupe account"
    text = (
        f"{gist} with this address, so there is no code: sign in with your password.\n\n"
        "If it was not you who signed up just now, there is nothing to do: your account is as it was.\n"
    )
    return Mail(to=to, subject=gist, text=text, gist=gist)
