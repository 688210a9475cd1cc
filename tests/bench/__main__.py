"""Lists the measurements of this folder, or runs the one that is named."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def benches() -> dict[str, str]:
    """Returns the first line of each measurement's docstring by its name."""
    return {
        path.stem: (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
        for path in sorted(FOLDER.glob("*.py"))
        if not path.name.startswith("_")
    }


def main() -> None:
    """Runs `python -m tests.bench [NAME [ARGS…]]`."""
    known = benches()
    if len(sys.argv) < 2:
        print("Measurements (make bench NAME=… ARGS=…):")
        for name, purpose in known.items():
            print(f"  {name:<16} {purpose}")
        return
    name = sys.argv.pop(1)
    if name not in known:
        raise SystemExit(f"There is no measurement called {name!r}; there are: {', '.join(known) or 'none yet'}.")
    sys.argv[0] = name
    runpy.run_module(f"tests.bench.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
