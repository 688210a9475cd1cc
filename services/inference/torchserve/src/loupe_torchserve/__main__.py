"""`python -m loupe_torchserve serve | package`: become TorchServe with Loupe's models, or only write their archives."""

import argparse
import os
import sys
from pathlib import Path

from loupe_inference.domain import catalogue
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_kit.errors import LoupeError
from loupe_torchserve import archives, server
from loupe_torchserve.settings import TorchServeSettings


def package(settings: TorchServeSettings) -> dict[str, list[Path]]:
    """Write the archives of all versions of the models that are hosted; returns them by the model's id.

    A version whose weights are missing is left out, and said so.
    """
    store = store_of(settings)
    store.mkdir(parents=True, exist_ok=True)
    known = catalogue.builtin()
    written: dict[str, list[Path]] = {}
    for spec in [known.get(model) for model in settings.models] or known.all():
        for version in spec.versions:
            try:
                written.setdefault(spec.id, []).append(archives.write(store, spec, version, settings, _export))
            except LoupeError as error:
                print(f"LEFT OUT: {spec.id} {version.version}: {error.message}", file=sys.stderr, flush=True)
    kept = {path for paths in written.values() for path in paths}
    for old in set(store.glob("*.mar")) - kept:
        old.unlink()
    return written


def _export(spec: ModelSpec, version: ModelVersion) -> bytes:
    # Brings torch, which a start with all archives in place has no use for.
    from loupe_inference.models import registry

    return registry.export(spec, version)


def store_of(settings: TorchServeSettings) -> Path:
    """Folder of the archives."""
    return settings.data_dir.resolve() / "archives"


def serve(settings: TorchServeSettings) -> None:
    """Become TorchServe; ends with the process."""
    data = settings.data_dir.resolve()
    written = package(settings)
    config = data / "config.properties"
    config.write_text(server.configuration(settings, written, store_of(settings)), encoding="utf-8")
    command = server.command(settings, config, server.temporary_folder(data))
    # Tokens of the run before must not be taken for those of this one.
    (data / "key_file.json").unlink(missing_ok=True)
    # TorchServe writes its tokens into the folder it is started in.
    os.chdir(data)
    os.execve(command[0], command, server.environment(settings))  # noqa: S606 - the command is our own


def main() -> int:
    """Runs a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m loupe_torchserve", description=__doc__)
    parser.add_argument("command", choices=("serve", "package"))
    chosen = parser.parse_args()
    settings = TorchServeSettings()
    try:
        if chosen.command == "serve":
            serve(settings)
        else:
            for paths in package(settings).values():
                print(*paths, sep="\n")
    except (server.ServerMissing, LoupeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
