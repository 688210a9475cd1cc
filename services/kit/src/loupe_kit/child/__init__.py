"""Worker processes for CPU work and for code that may crash."""

from loupe_kit.child.errors import ChildDied, ChildFailed
from loupe_kit.child.messages import Progress
from loupe_kit.child.process import ChildProcess

__all__ = ["ChildDied", "ChildFailed", "ChildProcess", "Progress"]
