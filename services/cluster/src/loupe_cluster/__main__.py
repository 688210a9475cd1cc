"""`python -m loupe_cluster up | down | status | logs | address`: the cluster profile on this machine."""

import argparse
import logging
import os
import signal
import subprocess
import sys
import time

from pydantic import ValidationError

from loupe_cluster import environment
from loupe_cluster.settings import ClusterSettings
from loupe_cluster.state import ClusterState, StateFolder
from loupe_cluster.supervisor import StartFailed, Supervisor
from loupe_kit import telemetry

_DOWN_SECONDS = 120.0


def up(settings: ClusterSettings, folder: StateFolder) -> int:
    """Starts the cluster unless it runs, and waits until it serves."""
    supervisor = None if folder.is_supervised() else _start_supervisor(folder)
    told = ""
    for _ in range(int(settings.start_seconds * 10) + 100):
        state = folder.read()
        if state and state.failure:
            print(f"Loupe did not start.\n{state.failure}", file=sys.stderr)
            return 1
        if state and state.is_ready:
            print(_welcome(settings, folder, state))
            return 0
        now = ", ".join(process.name for process in state.processes if not process.is_ready) if state else ""
        if now and now != told:
            print(f"  waiting for {now}", file=sys.stderr)
            told = now
        if supervisor and supervisor.poll() is not None:
            break
        time.sleep(0.1)
    print(f"Loupe did not start. See {folder.logs('supervisor')}.", file=sys.stderr)
    return 1


def _start_supervisor(folder: StateFolder) -> subprocess.Popen[bytes]:
    folder.forget()
    log = folder.logs("supervisor")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "loupe_cluster", "supervise"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def down(_settings: ClusterSettings, folder: StateFolder) -> int:
    """Stops the cluster and waits until nothing of it runs."""
    state = folder.read()
    if not folder.is_supervised():
        folder.forget()
        print("Loupe does not run.")
        return 0
    if state is not None:
        os.kill(state.pid, signal.SIGTERM)
    end = time.monotonic() + _DOWN_SECONDS
    while folder.is_supervised():
        if time.monotonic() > end:
            print(f"Loupe still runs; see {folder.logs('supervisor')}.", file=sys.stderr)
            return 1
        time.sleep(0.1)
    print("Loupe has stopped; the data stay.")
    return 0


def status(settings: ClusterSettings, folder: StateFolder) -> int:
    """Shows what runs.

    Returns:
        0 if everything is ready, 1 if not, 3 if nothing runs.
    """
    state = folder.read()
    if state is None or not folder.is_supervised():
        print("Loupe does not run; `make up` starts it.")
        return 3
    for process in state.processes:
        word = "ready" if process.is_ready else "running" if process.pid else "ended"
        again = f", started {process.starts} times" if process.starts > 1 else ""
        print(f"  {process.name:<12} {word:<8} pid {process.pid}{again}")
    print(f"  {settings.http}   gRPC {settings.grpc}")
    return 0 if all(process.is_ready for process in state.processes) else 1


def logs(_settings: ClusterSettings, folder: StateFolder, names: list[str], *, follow: bool) -> int:
    """Shows the ends of logs, of all processes if none is named."""
    known = sorted(path.stem for path in (folder.path / "logs").glob("*.log"))
    unknown = sorted(set(names) - set(known))
    if unknown or not known:
        print(f"No log of {', '.join(unknown) or 'anything'}; there are: {', '.join(known)}", file=sys.stderr)
        return 1
    files = [str(folder.logs(name)) for name in names or known]
    return subprocess.call(["tail", "-n", "40", *(["-F"] if follow else []), *files])  # noqa: S603, S607 - paths of ours


def address(settings: ClusterSettings, _folder: StateFolder) -> int:
    """Prints where a client, such as the demonstration, finds the cluster."""
    mailbox = environment.data_dir("auth", settings) / "mailbox"
    print(f"--http {settings.http} --grpc {settings.grpc} --mailbox {mailbox}")
    return 0


def supervise(settings: ClusterSettings, folder: StateFolder) -> int:
    """Is the supervisor; `up` starts it in the background."""
    telemetry.configure("cluster")
    # It says each request, and the supervisor asks all the time.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Who only asks whether there is a supervisor holds the lock for a moment.
    for _ in range(10):
        if lock := folder.lock():
            break
        time.sleep(0.1)
    else:
        print(f"Another supervisor works in {folder.path}.", file=sys.stderr)
        return 1
    with lock:
        try:
            Supervisor(settings, folder).run()
        except StartFailed as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _welcome(settings: ClusterSettings, folder: StateFolder, state: ClusterState) -> str:
    return "\n".join(
        [
            "",
            f"  Loupe (cluster profile) is ready; its start took {state.seconds:.1f} s.",
            f"  Web page and REST   {settings.http}",
            f"  gRPC                {settings.grpc}",
            f"  Data and logs       {folder.path}",
            f"  Mail                {environment.data_dir('auth', settings) / 'mailbox'} (no SMTP server)",
            "  `make down` stops it; the data stay.",
            "",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m loupe_cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    plain = {"up": up, "down": down, "status": status, "address": address, "supervise": supervise}
    for name, function in plain.items():
        commands.add_parser(name, help=(function.__doc__ or "").partition("\n")[0])
    shown = commands.add_parser("logs", help=(logs.__doc__ or "").partition("\n")[0])
    shown.add_argument("names", nargs="*", help="processes, such as project; none: all")
    shown.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    chosen = parser.parse_args(arguments)
    try:
        settings = ClusterSettings()
    except ValidationError as error:
        print(f"A setting LOUPE_CLUSTER_… is wrong:\n{error}", file=sys.stderr)
        return 2
    folder = StateFolder(settings.dir)
    if chosen.command == "logs":
        return logs(settings, folder, chosen.names, follow=chosen.follow)
    return plain[chosen.command](settings, folder)


if __name__ == "__main__":
    sys.exit(main())
