"""Which labels mean that a part is good: what overkill and escape are counted by."""

from loupe_project.domain.text import fold

GOOD = ("ok", "good", "pass", "normal", "양품", "정상")
"""Folded labels of good parts; every other label is a defect."""

GOOD_LABEL = "OK"
"""What a person calls a part on which nothing is wrong."""

REVIEWED_TAG = "reviewed"
"""Folded name of the tag that people put on images they have looked at."""


def is_defect(label: str) -> bool:
    """Whether a label, however it is spelt, is that of a bad part."""
    return fold(label) not in GOOD
