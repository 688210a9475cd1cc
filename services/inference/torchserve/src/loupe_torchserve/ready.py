"""`python -m loupe_torchserve.ready` ends with 0 when every model that is loaded has a worker that takes requests.

For probes: TorchServe says that it is healthy before its models are loaded, and while a worker is being replaced.
Asked is REST on the machine itself, with nothing but the standard library, so that asking costs little.
"""

import json
import os
import sys
import urllib.request
from typing import Any

_DEFAULT_PORT = 7070
_MANAGEMENT_BEHIND_GRPC = 4
_SECONDS = 8.0


def unready(address: str) -> list[str]:
    """Which versions of models have no worker that takes requests.

    Args:
        address: Of REST management, `http://127.0.0.1:7074`.

    Returns:
        Their names; if there is no model at all, that.

    Raises:
        OSError: TorchServe does not answer.
    """
    names = [model["modelName"] for model in _get(f"{address}/models?limit=1000")["models"]]
    versions = [version for name in sorted(set(names)) for version in _get(f"{address}/models/{name}/all")]
    return [
        f"{version['modelName']} {version['modelVersion']}"
        for version in versions
        # What was fetched later is for whoever sent it to watch: a plant's model that fails must not stop Loupe's own.
        if "://" not in version["modelUrl"] and not any(worker["status"] == "READY" for worker in version["workers"])
    ] or ([] if versions else ["no model is loaded"])


def main() -> int:
    """Returns 0 when all are ready; else says what is missing."""
    port = int(os.environ.get("LOUPE_TORCHSERVE_PORT", _DEFAULT_PORT)) + _MANAGEMENT_BEHIND_GRPC
    try:
        missing = unready(f"http://127.0.0.1:{port}")
    except OSError as error:
        missing = [f"TorchServe does not answer: {error}"]
    if missing:
        sys.stderr.write(f"not ready: {', '.join(missing)}\n")
    return 1 if missing else 0


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - of this machine
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
