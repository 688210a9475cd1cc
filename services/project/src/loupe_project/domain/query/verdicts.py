"""Which labels mean that a part is good: what overkill and escape are counted by."""

GOOD = ("ok", "good", "pass", "normal", "양품", "정상")
"""Folded labels of good parts; every other label is a defect."""

REVIEWED_TAG = "reviewed"
"""Folded name of the tag that people put on images they have looked at."""
