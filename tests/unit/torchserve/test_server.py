from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from loupe_torchserve import server
from loupe_torchserve.settings import TorchServeSettings

STORE = Path("/var/lib/loupe/archives")


def _configuration(**settings: object) -> dict[str, str]:
    text = server.configuration(
        TorchServeSettings.model_validate(settings), {"lite": [STORE / "lite-1.mar", STORE / "lite-2.mar"]}, STORE
    )
    return dict(line.split("=", 1) for line in text.splitlines())


def test_configuration__every_version_is_loaded_under_the_name_of_its_model() -> None:
    assert _configuration()["load_models"] == "lite=lite-1.mar,lite=lite-2.mar"


def test_configuration__closed_doors() -> None:
    given = _configuration(host="10.0.0.7", port=7000)

    assert given["grpc_inference_address"] == given["grpc_management_address"] == "10.0.0.7"
    assert [given[f"{door}_address"] for door in ("inference", "management")] == [
        "http://127.0.0.1:7003",
        "http://127.0.0.1:7004",
    ]
    assert given["disable_token_authorization"] == "false"
    allowed = re.compile(given["allowed_urls"])
    assert allowed.fullmatch("file:///var/lib/loupe/archives/lite-1.mar")
    assert not allowed.fullmatch("file:///etc/passwd")
    assert not allowed.fullmatch("http://plant.example/lite-1.mar")


def test_configuration__registered_versions_come_from_one_address() -> None:
    allowed = [
        re.compile(one)
        for one in _configuration(archives_url="https://s3.plant:9000/loupe/models/")["allowed_urls"].split(",")
    ]

    def is_allowed(url: str) -> bool:
        return any(one.fullmatch(url) for one in allowed)

    assert is_allowed("https://s3.plant:9000/loupe/models/line-3/2/line-3-2.mar?X-Amz-Signature=ab&X-Amz-Date=1")
    assert not is_allowed("https://s3-plant:9000/loupe/models/line-3/2/line-3-2.mar")
    assert not is_allowed("https://s3.plant:9000/loupe/projects/secret.png")
    assert not is_allowed("https://s3.plant:9000/loupe/models/line-3/2/model.onnx")


def test_configuration__no_gpu_is_taken_when_the_processor_is_wanted() -> None:
    assert _configuration(device="cpu")["number_of_gpu"] == "0"
    assert "number_of_gpu" not in _configuration()


def test_command__memory_of_java_follows_the_requests(tmp_path: Path) -> None:
    settings = TorchServeSettings(request_bytes=64 << 20)
    try:
        command = server.command(settings, tmp_path / "config.properties", tmp_path)
    except server.ServerMissing as error:
        pytest.skip(f"NO TORCHSERVE: {error}")

    assert "-Xmx512m" in command
    assert f"-Djava.io.tmpdir={tmp_path}" in command
    assert command[-2:] == [str(tmp_path / "config.properties"), "-ncs"]


def test_command__java_trusts_the_authorities_of_the_plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.write_bytes(_authority())
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    settings = TorchServeSettings(archives_url="https://s3.plant:9000/loupe/models/")
    try:
        command = server.command(settings, tmp_path / "config.properties", tmp_path)
    except server.ServerMissing as error:
        pytest.skip(f"NO TORCHSERVE: {error}")

    (store,) = (option.partition("=")[2] for option in command if option.startswith("-Djavax.net.ssl.trustStore="))
    (password,) = (option.partition("=")[2] for option in command if "trustStorePassword" in option)
    kept = pkcs12.load_pkcs12(Path(store).read_bytes(), password.encode()).additional_certs
    assert [one.certificate.subject.rfc4514_string() for one in kept] == ["CN=plant"]


def _authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "plant")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9999))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_temporary_folder__is_short_ours_and_empty_at_each_start(tmp_path: Path) -> None:
    data = tmp_path / ("a folder with a long name " * 8)
    folder = server.temporary_folder(data)
    try:
        (folder / "models" / "left").mkdir(parents=True)
        (folder / ".ts.sock.9000").touch()
        folder.chmod(0o755)

        assert server.temporary_folder(data) == folder
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(f"{folder}/.ts.sock.9000") < 107
    finally:
        folder.rmdir()


def test_environment__one_thread_inside_of_an_operation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")

    given = server.environment(TorchServeSettings(data_dir=tmp_path))

    assert given["OMP_NUM_THREADS"] == "1"
    assert given["MALLOC_ARENA_MAX"] == "1"
    assert given["LOUPE_DATA_DIR"] == str(tmp_path)
