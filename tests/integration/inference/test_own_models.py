"""Models of one's own on a real server: registered, run by a real child, activated, rolled back, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from PIL import Image

from loupe.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from loupe.inference.v1 import model_registration_pb2 as registration
from loupe.inference.v1 import model_service_pb2 as pb
from loupe.inference.v1 import model_service_pb2_grpc as pb_grpc
from loupe.project.v1 import result_service_pb2
from loupe_inference.bootstrap import Overrides
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.registered import ModelConfig, PreparedModel
from loupe_inference.models.bring import prepare
from loupe_inference.models.bring.job import PrepareJob
from loupe_kit import ids, status
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.testing import make_user
from tests.contract.models.conftest import encoded
from tests.integration.inference.conftest import Running, running_inference, until
from tests.unit.inference.fake_registry import FakePreparer
from tests.unit.inference.fakes import FakeBackend
from tests.unit.inference.models.bring import networks

# Children import torch, which takes long on a busy machine.
pytestmark = pytest.mark.timeout(500)

ADMINISTRATOR = make_user(role=Role.ADMINISTRATOR)
PICTURE = encoded(Image.linear_gradient("L"))


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """With real children: seconds a model."""
    async with running_inference(tmp_path, catalogue=Catalogue([])) as made:
        yield made


class PreparerHere:
    """Prepares in this process, which has torch already."""

    async def prepare(self, source: Path, target: Path, config: ModelConfig) -> PreparedModel:
        return await asyncio.to_thread(prepare.prepare, PrepareJob(source, target, config), lambda _: None)


@pytest.fixture
async def prepared_here(tmp_path: Path) -> AsyncIterator[Running]:
    """Runs models in a real child."""
    async with running_inference(tmp_path, catalogue=Catalogue([]), preparer=PreparerHere()) as made:
        yield made


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Running]:
    """Prepares and runs nothing."""
    parts: Overrides = {"catalogue": Catalogue([]), "preparer": FakePreparer(), "backend": FakeBackend()}
    async with running_inference(tmp_path, **parts) as made:
        yield made


def config(content: bytes, **changes: Any) -> pb.RegisterModelVersionConfig:
    values: dict[str, Any] = {
        "model": "models/line-3",
        "display_name": "Line 3",
        "task": pb.TASK_CLASSIFICATION,
        "format": registration.MODEL_FORMAT_ONNX,
        "labels": networks.LABELS,
        "preprocessing": registration.Preprocessing(input_width=networks.SIDE, input_height=networks.SIDE),
        "size_bytes": len(content),
    }
    return pb.RegisterModelVersionConfig(**{**values, **changes})


async def register(running: Running, content: bytes, caller: Caller = ADMINISTRATOR, **changes: Any) -> pb.ModelVersion:
    async def messages() -> AsyncIterator[pb.RegisterModelVersionRequest]:
        yield pb.RegisterModelVersionRequest(config=config(content, **changes))
        for start in range(0, len(content), 1 << 20):
            yield pb.RegisterModelVersionRequest(chunk=content[start : start + (1 << 20)])

    answer: pb.ModelVersion = await models(running).RegisterModelVersion(
        messages(), metadata=running.server.metadata(caller)
    )
    return answer


def models(running: Running) -> Any:
    return pb_grpc.ModelServiceStub(running.server.channel)


async def ask(running: Running, method: str, request: Any, caller: Caller = ADMINISTRATOR) -> Any:
    return await getattr(models(running), method)(request, metadata=running.server.metadata(caller))


async def analysed(running: Running, model: str = "line-3") -> result_service_pb2.ImageResult:
    image = await running.order(PICTURE, model=model)
    await until(lambda: any(one.image_id == image for one in running.notes.results), seconds=300)
    return next(one for one in running.notes.results if one.image_id == image)


async def refused(call: Any) -> tuple[str, dict[str, str]]:
    with pytest.raises(grpc.RpcError) as raised:
        await call
    error = status.from_rpc_error(raised.value)
    return error.reason, dict(error.metadata)


async def test_registered_model__is_catalogued_and_analyses_without_a_restart(running: Running) -> None:
    version = await register(running, networks.onnx_bytes(networks.Classifier()))

    assert (version.name, version.is_active) == ("models/line-3/versions/1", True)
    assert list(version.labels) == list(networks.LABELS)
    assert [sample.sample for sample in version.check.samples] == [
        "black", "white", "noise", "gradient", "checkerboard",
    ]  # fmt: skip
    result = await analysed(running)
    assert (result.prediction.model, result.prediction.version, result.feature_dimension) == ("line-3", "1", 8)
    model = await ask(running, "GetModel", pb.GetModelRequest(name="models/line-3"), make_user())
    assert (model.is_builtin, model.feature_dimension, list(model.labels)) == (False, 8, list(networks.LABELS))


async def test_registered_model__answers_analyse_now(prepared_here: Running) -> None:
    await register(prepared_here, networks.torchscript_bytes(networks.Detector()), task=pb.TASK_DETECTION,
                   format=registration.MODEL_FORMAT_TORCHSCRIPT)  # fmt: skip

    async def messages() -> AsyncIterator[inference_service_pb2.AnalyseImageRequest]:
        settings = inference_service_pb2.AnalyseImageConfig(model="models/line-3")
        yield inference_service_pb2.AnalyseImageRequest(config=settings)
        yield inference_service_pb2.AnalyseImageRequest(chunk=PICTURE)

    stub = inference_service_pb2_grpc.InferenceServiceStub(prepared_here.server.channel)
    answer = await stub.AnalyseImage(messages(), metadata=prepared_here.server.metadata(make_user()))

    assert answer.prediction.boxes.boxes


async def test_versions__side_by_side_activate_and_roll_back(prepared_here: Running) -> None:
    content = networks.onnx_bytes(networks.Classifier())
    await register(prepared_here, content)
    second = await register(prepared_here, content, labels=["a", "b", "c"])
    assert (second.name, second.is_active) == ("models/line-3/versions/2", False)

    answers = []
    for number in (1, 2, 1):
        name = f"models/line-3/versions/{number}"
        activated = await ask(prepared_here, "ActivateModelVersion", pb.ActivateModelVersionRequest(name=name))
        assert activated.is_active
        result = await analysed(prepared_here)
        answers.append((result.prediction.version, result.prediction.class_scores.scores[0].label))

    assert [version for version, _ in answers] == ["1", "2", "1"]
    assert answers[0][1] in networks.LABELS
    assert answers[1][1] in "abc"
    listed = await ask(prepared_here, "ListModelVersions", pb.ListModelVersionsRequest(parent="models/line-3"))
    assert [(one.name[-1], one.is_active) for one in listed.model_versions] == [("2", False), ("1", True)]


async def test_models__are_there_after_a_restart(tmp_path: Path) -> None:
    parts: Overrides = {"catalogue": Catalogue([]), "preparer": PreparerHere(), "backend": FakeBackend()}
    async with running_inference(tmp_path, **parts) as running:
        await register(running, networks.onnx_bytes(networks.Classifier()))

    async with running_inference(tmp_path, catalogue=Catalogue([])) as running:
        assert (await analysed(running)).prediction.version == "1"


async def test_register__repeat_gets_the_first_answer(quick: Running) -> None:
    content, request_id = networks.onnx_bytes(networks.Classifier()), ids.new_id()
    first = await register(quick, content, request_id=request_id)

    again = await register(quick, content, request_id=request_id)

    assert again == first
    assert (await refused(register(quick, content, request_id=request_id, display_name="Other")))[0] == (
        "REQUEST_ID_REUSED"
    )


async def test_changes__reach_the_audit(quick: Running) -> None:
    await register(quick, networks.onnx_bytes(networks.Classifier()))
    await ask(quick, "DeleteModelVersion", pb.DeleteModelVersionRequest(name="models/line-3/versions/1"))
    await until(lambda: len(quick.audit.events) == 2)

    registered, deleted = quick.audit.told("model.register") + quick.audit.told("model.delete")
    assert registered.actor == deleted.actor == f"users/{ADMINISTRATOR.id}"
    assert registered.target == deleted.target == "models/line-3/versions/1"
    assert (registered.origin.display_name, registered.origin.client_address) == (
        ADMINISTRATOR.display_name,
        "127.0.0.1",
    )
    assert registered.origin.call_id != deleted.origin.call_id


async def test_delete__active_of_several_and_used_ones_stay(quick: Running) -> None:
    content = networks.onnx_bytes(networks.Classifier())
    await register(quick, content)
    await register(quick, content)
    first, second = (pb.DeleteModelVersionRequest(name=f"models/line-3/versions/{number}") for number in (1, 2))

    assert (await refused(ask(quick, "DeleteModelVersion", first)))[0] == "MODEL_VERSION_IN_USE"
    quick.notes.use.project_count = 3
    reason, told = await refused(ask(quick, "DeleteModelVersion", second))
    assert (reason, told["projects"]) == ("MODEL_VERSION_IN_USE", "3")

    quick.notes.use.project_count = 0
    await ask(quick, "DeleteModelVersion", second)
    await ask(quick, "DeleteModelVersion", first)

    assert (await refused(ask(quick, "GetModel", pb.GetModelRequest(name="models/line-3"))))[0] == "MODEL_NOT_FOUND"
    assert [key async for key in quick.objects.list("models/")] == []


@pytest.mark.parametrize(
    "caller",
    [
        make_user(),
        make_user(role=Role.SUPERVISOR),
        Caller(kind=CallerKind.SERVICE, id="project"),
    ],
    ids=["member", "supervisor", "service"],
)
async def test_changes__are_for_administrators(quick: Running, caller: Caller) -> None:
    name = "models/line-3/versions/1"

    assert (await refused(register(quick, b"x", caller)))[0] == "PERMISSION_DENIED"
    activate, delete = pb.ActivateModelVersionRequest(name=name), pb.DeleteModelVersionRequest(name=name)
    assert (await refused(ask(quick, "ActivateModelVersion", activate, caller)))[0] == "PERMISSION_DENIED"
    assert (await refused(ask(quick, "DeleteModelVersion", delete, caller)))[0] == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"size_bytes": 3 << 30}, "MODEL_FILE_TOO_LARGE"),
        ({"size_bytes": 4}, "MODEL_FILE_INVALID"),
        ({"size_bytes": 2}, "MODEL_FILE_INVALID"),
        ({"model": "models/efficientnet-lite0"}, "MODEL_NAME_TAKEN"),
        ({"model": "models/uploaded"}, "MODEL_NAME_TAKEN"),
        ({"model": "Line 3"}, "MODEL_CONFIG_INVALID"),
        ({"labels": ["a", "a"]}, "MODEL_CONFIG_INVALID"),
        ({"task": pb.TASK_UNSPECIFIED}, "MODEL_CONFIG_INVALID"),
        ({"format": registration.MODEL_FORMAT_UNSPECIFIED}, "MODEL_CONFIG_INVALID"),
        ({"preprocessing": None}, "MODEL_CONFIG_INVALID"),
    ],
)
async def test_register__refused_and_nothing_kept(quick: Running, changes: dict[str, Any], reason: str) -> None:
    assert (await refused(register(quick, b"???", **changes)))[0] == reason

    assert [key async for key in quick.objects.list("models/")] == []
    assert not (await ask(quick, "ListModels", pb.ListModelsRequest())).models


async def test_register__another_task_than_the_versions_before(quick: Running) -> None:
    await register(quick, networks.onnx_bytes(networks.Classifier()))

    reason, _ = await refused(register(quick, b"???", task=pb.TASK_DETECTION))

    assert reason == "MODEL_NAME_TAKEN"


async def test_register__stream_out_of_order(quick: Running) -> None:
    async def messages() -> AsyncIterator[pb.RegisterModelVersionRequest]:
        yield pb.RegisterModelVersionRequest(chunk=b"x")

    call = models(quick).RegisterModelVersion(messages(), metadata=quick.server.metadata(ADMINISTRATOR))

    assert (await refused(call))[0] == "STREAM_MESSAGE_UNEXPECTED"


async def test_register__file_that_is_none(running: Running) -> None:
    reason, told = await refused(register(running, b"???"))

    assert (reason, told["detail"]) == ("MODEL_FILE_INVALID", "it is no ONNX model")
    assert [key async for key in running.objects.list("models/")] == []
