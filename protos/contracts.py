"""Lints the contracts and compares them with those that clients may already use.

buf needs every include in its folder and `google.api` comes out of a wheel, so both sides of a comparison are laid out
in a temporary folder. Sources are compared, not images: against an image of several modules buf finds no difference.

A baseline is a commit of this repository:

* the main branch: what a change under review must not break;
* the commit named in `protos/baseline.txt`: what clients in the field use. It moves when a break is agreed on.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import generate

REPOSITORY = generate.PROTOS.parent
BASELINE = generate.PROTOS / "baseline.txt"
BUF = Path(sys.executable).parent / "buf"
MAIN_REFS = ("refs/remotes/origin/main", "refs/heads/main")


@dataclass(frozen=True)
class Baseline:
    """Contracts to compare with."""

    commit: str
    """Full commit id."""
    why: str
    """What the commit stands for, for messages."""


def _git(*arguments: str) -> str | None:
    """Returns what git prints, or None when it refuses."""
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def baselines() -> tuple[list[Baseline], list[str]]:
    """Returns what to compare with, and a remark for each comparison that cannot be made."""
    found: list[Baseline] = []
    remarks: list[str] = []
    main = next((commit for ref in MAIN_REFS if (commit := _git("merge-base", "HEAD", ref))), None)
    if main:
        found.append(Baseline(main, "the main branch"))
    else:
        remarks.append("this clone has no main branch, so nothing to compare a change with")
    if BASELINE.exists():
        named = next(line for line in BASELINE.read_text().splitlines() if line and not line.startswith("#"))
        commit = _git("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")
        if commit:
            found.append(Baseline(commit, "protos/baseline.txt"))
        else:
            remarks.append(f"commit {named} of protos/baseline.txt is not in this clone (fetch the whole history)")
    return found, remarks


def _add_includes(folder: Path) -> None:
    for root in (generate.googleapis_root(), generate.THIRD_PARTY):
        for source in (root / "google").rglob("*.proto"):
            # The wheel holds long-running operations under a name that nobody imports; third_party has the right one.
            if source.name != "operations_proto.proto":
                target = folder / source.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    shutil.copyfile(generate.PROTOS / "buf.yaml", folder / "buf.yaml")


def _lay_out_working_tree(folder: Path) -> None:
    for contract in generate.contract_files():
        target = folder / contract
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(generate.PROTOS / contract, target)
    _add_includes(folder)


def _lay_out_commit(commit: str, folder: Path) -> bool:
    """Returns whether the commit has contracts at all."""
    command = ["git", "archive", commit, "--", "protos/loupe"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    if done.returncode != 0:
        return False
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder.parent / f"{folder.name}.git", filter="data")
    shutil.move(folder.parent / f"{folder.name}.git" / "protos" / "loupe", folder / "loupe")
    _add_includes(folder)
    return True


def _buf(folder: Path, *arguments: str) -> bool:
    """Runs buf in a folder, so that it names files as the repository does."""
    return subprocess.run([BUF, *arguments], cwd=folder, check=False).returncode == 0


def check(workspace: Path) -> bool:
    """Lints, then compares with each baseline; prints what it did. Returns whether all is well."""
    current = workspace / "current"
    current.mkdir()
    _lay_out_working_tree(current)
    fine = _buf(current, "lint")
    print(f"contracts: lint {'passed' if fine else 'failed'}")
    found, remarks = baselines()
    for number, baseline in enumerate(found):
        against = workspace / f"against-{number}"
        against.mkdir()
        if not _lay_out_commit(baseline.commit, against):
            remarks.append(f"{baseline.why} ({baseline.commit[:12]}) holds no contracts yet")
            continue
        compatible = _buf(current, "breaking", "--against", f"../{against.name}")
        verdict = "nothing breaks" if compatible else "a client in the field would break, see above"
        print(f"contracts: compared with {baseline.why} ({baseline.commit[:12]}): {verdict}")
        fine = fine and compatible
    for remark in remarks:
        print(f"contracts: not compared: {remark}")
    return fine


def main() -> None:
    """Exits with 1 when a rule is broken."""
    with tempfile.TemporaryDirectory(prefix="loupe-contracts-") as folder:
        if not check(Path(folder)):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
