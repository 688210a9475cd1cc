"""Start of a child process; `loupe_kit.child.process` runs it."""

import sys

from loupe_kit.child import worker

sys.exit(worker.main(sys.argv[1:]))
