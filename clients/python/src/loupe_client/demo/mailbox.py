"""Mails of a Loupe without an SMTP server: files in a folder."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

_POLLS = 100
_CODE = re.compile(r"\b(\d{4}[ -]?\d{4})\b")


def code(folder: Path, address: str) -> str:
    """Returns the code of the newest mail to an address; waits some seconds for it.

    Args:
        folder: Where mails are.
        address: Of the one who waits.

    Raises:
        LookupError: no such mail comes.
    """
    for _ in range(_POLLS):
        found = _newest_code(folder, address)
        if found:
            return found
        time.sleep(0.1)
    raise LookupError(f"no mail with a code for {address} in {folder}")


def _newest_code(folder: Path, address: str) -> str | None:
    for mail in sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True):
        message = message_from_bytes(mail.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        found = _CODE.search(body.get_content()) if body and address in str(message["To"]) else None
        if found:
            return re.sub(r"\D", "", found[1])
    return None
