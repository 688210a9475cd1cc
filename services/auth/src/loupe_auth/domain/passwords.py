"""Which passwords are good enough: long, not well known, not made of what others know about the person."""

from __future__ import annotations

import re
from itertools import pairwise

from loupe_auth.domain.errors import PasswordTooWeak
from loupe_kit.errors import FieldViolation

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 128

# Words that open nearly all leaked passwords of ten characters and more; enough must be left without them.
_WELL_KNOWN = re.compile(
    r"pass(?:wor[dt]|w0rd|phrase)?|p[a4@][s5$]{2}w[o0]rd|qwert[yz]?(?:uiop)?|asdf(?:ghjkl)?|zxcvbnm?|1q2w3e(?:4r)?(?:5t)?|"
    r"abc(?:def)?(?:123)?|letmein|welcome|admin(?:istrator)?|iloveyou|monkey|dragon|football|baseball|sunshine|princess|"
    r"master|secret|login|loupe|changeme|default|factory|vision"
)
_LEFT_OVER = 6
_DISTINCT = 5


def check(field: str, password: str, *, email: str, display_name: str) -> None:
    """Accepts a new password.

    Args:
        field: name of the field in the request, for the error.
        password: the new password.
        email: address of the person.
        display_name: name of the person.

    Raises:
        PasswordTooWeak: with the rule that it breaks.
    """
    if len(password) < MINIMUM_LENGTH:
        raise _weak(field, f"must have at least {MINIMUM_LENGTH} characters")
    if len(password) > MAXIMUM_LENGTH:
        raise _weak(field, f"must have at most {MAXIMUM_LENGTH} characters")
    folded = password.casefold()
    if len(set(folded)) < _DISTINCT or _is_run(folded):
        raise _weak(field, "repeats or counts through too few characters")
    personal = [part for part in re.split(r"[\W_]+", f"{email} {display_name}".casefold()) if len(part) > 2]
    rest = _WELL_KNOWN.sub("", folded)
    for part in personal:
        rest = rest.replace(part, "")
    if len(re.sub(r"^\d+|\d+$|[\W_]", "", rest)) < _LEFT_OVER and len(rest) < MINIMUM_LENGTH:
        raise _weak(field, "is made of well-known words, the name or the address; add words of your own")


def _is_run(text: str) -> bool:
    steps = {ord(right) - ord(left) for left, right in pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}


def _weak(field: str, description: str) -> PasswordTooWeak:
    return PasswordTooWeak(f"The password {description}.", fields=[FieldViolation(field, description)])
