"""Rules of single fields: each function returns the value as it is kept, or raises InvalidArgument naming the field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from loupe_auth.domain.errors import EmailDomainNotAllowed
from loupe_kit.errors import FieldViolation, InvalidArgument

_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\]\\]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

_NOT_TEXT = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
# Marks that make a name read as another one.
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def line(field: str, value: str, *, required: bool = False, maximum: int = 100) -> str:
    """Returns one line of text with outer spaces removed and characters composed (NFC).

    Args:
        field: name of the field in the request, for the error.
        value: what was sent.
        required: whether at least one character must remain.
        maximum: most characters, the end included.
    """
    if len(value) > 4 * maximum:
        # Before any work is done on it: somebody may send megabytes.
        raise invalid(field, f"must be at most {maximum} characters, this has {len(value)}")
    text = unicodedata.normalize("NFC", value).strip()
    if required and not text:
        raise invalid(field, "must not be empty")
    if len(text) > maximum:
        raise invalid(field, f"must be at most {maximum} characters, this has {len(text)}")
    if any(unicodedata.category(character) in _NOT_TEXT or character in _TURNS_TEXT for character in text):
        raise invalid(field, "must be one line of text without control characters")
    return text


def email(field: str, value: str, *, domains: Collection[str] = ()) -> str:
    """Returns an address in lower case.

    Args:
        field: name of the field in the request, for the error.
        value: what was sent.
        domains: mail domains to accept; empty: every domain.
    """
    address = line(field, value, required=True, maximum=254).lower()
    if not _EMAIL.fullmatch(address) or len(address.rpartition("@")[0]) > 64:
        raise invalid(field, "must be an e-mail address such as name@example.org")
    domain = address.rpartition("@")[2]
    if domains and domain not in domains:
        raise EmailDomainNotAllowed(
            f"Accounts of {domain} are not accepted here; use an address of {', '.join(sorted(domains))}.",
            fields=[FieldViolation(field, f"{domain} is not among the accepted mail domains")],
            email_domain=domain,
        )
    return address


def invalid(field: str, description: str) -> InvalidArgument:
    """Returns the error that names one field and its fault."""
    return InvalidArgument(f"{field} {description}.", fields=[FieldViolation(field, description)], field=field)
