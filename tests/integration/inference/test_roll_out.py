"""Models of one's own on a real TorchServe: fetched, loaded, activated, unloaded, and loaded again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from loupe.inference.v1 import model_service_pb2 as pb
from loupe_inference.adapters.torchserve_calls import TorchServeCalls
from loupe_inference.bootstrap import Overrides
from loupe_inference.domain.catalogue import Catalogue
from loupe_kit.objects.s3 import S3ObjectStore
from loupe_kit.testing import make_user
from tests.contract.ports import servers
from tests.contract.ports.servers import TorchServe
from tests.integration.inference.conftest import Running, running_inference
from tests.integration.inference.test_own_models import PreparerHere, analysed, ask, refused, register
from tests.unit.inference.models.bring import networks

BUCKET = "loupe"
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(500)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the inference service, with the object store in it."""
    return tmp_path_factory.mktemp("inference")


@pytest.fixture(scope="module")
def torchserve(folder: Path) -> Iterator[TorchServe]:
    address = (folder / "objects" / "models").resolve().as_uri()
    with servers.torchserve(["efficientnet-lite0"], LOUPE_TORCHSERVE_ARCHIVES_URL=f"{address}/") as running:
        yield running


@pytest.fixture(scope="module")
def torchserve_of_s3(s3: str) -> Iterator[TorchServe]:
    address = f"http://{s3}/{BUCKET}/models/"
    with servers.torchserve(["efficientnet-lite0"], LOUPE_TORCHSERVE_ARCHIVES_URL=address) as running:
        yield running


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with servers.s3() as endpoint:
        yield endpoint


@pytest.fixture
async def bucket(s3: str) -> AsyncIterator[S3ObjectStore]:
    made = S3ObjectStore(s3, servers.KEYS.s3_access_key, servers.KEYS.s3_secret_key, BUCKET)
    await made.prepare()
    yield made
    await made.close()


@pytest.fixture
async def running(folder: Path, torchserve: TorchServe) -> AsyncIterator[Running]:
    changes = {"torchserve_target": torchserve.target, "torchserve_key_file": torchserve.key_file}
    async with running_inference(folder, changes=changes, catalogue=Catalogue([]), preparer=PreparerHere()) as made:
        yield made


@pytest.fixture
async def calls(torchserve: TorchServe) -> AsyncIterator[TorchServeCalls]:
    made = TorchServeCalls(torchserve.target, torchserve.tokens())
    yield made
    await made.close()


async def hosted(running: Running) -> list[str]:
    """Registered versions that the server has loaded."""
    answer = await ask(running, "ListModelServers", pb.ListModelServersRequest())
    (server,) = answer.model_servers
    assert (server.ready, server.takes_registered, server.fault) == (True, True, "")
    names = [one.model_version for one in server.hosted_versions if one.ready]
    assert "models/efficientnet-lite0/versions/1" in names
    return [name for name in names if not name.startswith("models/efficientnet")]


async def activate(running: Running, number: int, model: str = "line-3") -> None:
    name = f"models/{model}/versions/{number}"
    await ask(running, "ActivateModelVersion", pb.ActivateModelVersionRequest(name=name))


async def test_versions__are_loaded_before_they_are_active_and_unloaded_when_deleted(
    running: Running, calls: TorchServeCalls
) -> None:
    content = networks.onnx_bytes(networks.Classifier())
    await register(running, content)
    assert (await analysed(running)).prediction.version == "1"
    assert await hosted(running) == ["models/line-3/versions/1"]

    await register(running, content, labels=["a", "b", "c"])
    await activate(running, 2)
    assert await hosted(running) == ["models/line-3/versions/1", "models/line-3/versions/2"]
    result = await analysed(running)
    assert result.prediction.version == "2"
    assert result.prediction.class_scores.scores[0].label in "abc"

    await activate(running, 1)
    assert (await analysed(running)).prediction.version == "1"
    # As if the server had been started anew.
    await calls.unregister("line-3", "1", 30.0)
    await activate(running, 1)
    assert (await analysed(running)).prediction.version == "1"

    await ask(running, "DeleteModelVersion", pb.DeleteModelVersionRequest(name="models/line-3/versions/2"))
    await activate(running, 1)
    assert await hosted(running) == ["models/line-3/versions/1"]


async def test_archives__are_fetched_from_s3_by_a_signed_address(
    torchserve_of_s3: TorchServe, bucket: S3ObjectStore, tmp_path: Path
) -> None:
    changes = {
        "torchserve_target": torchserve_of_s3.target,
        "torchserve_key_file": torchserve_of_s3.key_file,
    }
    parts: Overrides = {"catalogue": Catalogue([]), "preparer": PreparerHere(), "objects": bucket}
    async with running_inference(tmp_path, changes=changes, **parts) as running:
        await register(running, networks.onnx_bytes(networks.Classifier()), model="models/line-5")

        assert await hosted(running) == ["models/line-5/versions/1"]
        assert [key async for key in bucket.list("models/")] == [
            "models/line-5/1/line-5-1.mar",
            "models/line-5/1/manifest.json",
            "models/line-5/1/model.onnx",
        ]


async def test_activate__a_version_that_no_server_can_load_stays_inactive(running: Running) -> None:
    content = networks.onnx_bytes(networks.Classifier())
    await register(running, content, model="models/line-4")
    await running.objects.put_bytes("models/line-4/2/line-4-2.mar", b"no archive")
    await register(running, content, model="models/line-4")

    reason, told = await refused(
        ask(running, "ActivateModelVersion", pb.ActivateModelVersionRequest(name="models/line-4/versions/2"))
    )

    assert (reason, told["model"]) == ("MODEL_NOT_READY", "line-4")
    versions = await ask(running, "ListModelVersions", pb.ListModelVersionsRequest(parent="models/line-4"))
    assert [(one.name[-1], one.is_active) for one in versions.model_versions] == [("2", False), ("1", True)]


async def test_servers__are_for_administrators(running: Running) -> None:
    assert (await refused(ask(running, "ListModelServers", pb.ListModelServersRequest(), make_user())))[0] == (
        "PERMISSION_DENIED"
    )
