"""The calls of TorchServe's gRPC that Loupe uses, with their messages and its tokens.

The messages are described here and not generated: they are a handful of fields that will not change any more.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from loupe_inference.domain.model_server import HostedVersion

_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # That long may one attempt take: Java is slow over its first connections.
    ("grpc.min_reconnect_backoff_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Several TorchServes behind one name share the work.
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
)
_Field = descriptor_pb2.FieldDescriptorProto
_MOST_MODELS = 1000
_ALL_VERSIONS = "all"


class TokenFile:
    """TorchServe's tokens, as it wrote them; each of its starts makes new ones.

    Args:
        path: Of its `key_file.json`; None where its tokens are off.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, str] = {}

    def metadata(self, kind: str) -> tuple[tuple[str, str], ...]:
        """Metadata of a call. Blocks for as long as a small file takes.

        Args:
            kind: "inference" or "management".
        """
        if self._path is None:
            return ()
        if not self._known:
            self.read_again()
        return (("authorization", f"Bearer {self._known.get(kind, '')}"),)

    def read_again(self) -> bool:
        """Read the file; returns whether the tokens are others now. False while there is no whole file."""
        if self._path is None:
            return False
        try:
            found = {kind: str(entry["key"]) for kind, entry in json.loads(self._path.read_bytes()).items()}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        is_new = found != self._known
        self._known = found
        return is_new


class TorchServeCalls:
    """One TorchServe.

    Args:
        target: `host:port` of gRPC inference; management is on the next port.
        tokens: Of this TorchServe.
    """

    def __init__(self, target: str, tokens: TokenFile) -> None:
        host, _, port = target.rpartition(":")
        self._tokens = tokens
        self._inference = grpc.aio.insecure_channel(target, _OPTIONS)
        self._management = grpc.aio.insecure_channel(f"{host}:{int(port) + 1}", _OPTIONS)
        self._predict = self._inference.unary_unary(
            "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions",
            _PredictionsRequest.SerializeToString,
            _PredictionResponse.FromString,
        )
        self._describe = self._managing("DescribeModel", _VersionRequest)
        self._list = self._managing("ListModels", _ListModelsRequest)
        self._register = self._managing("RegisterModel", _RegisterModelRequest)
        self._unregister = self._managing("UnregisterModel", _VersionRequest)
        self._set_default = self._managing("SetDefault", _VersionRequest)

    async def predict(self, model: str, version: str, request: Mapping[str, bytes], seconds: float) -> bytes:
        """The handler's reply to a request.

        Raises:
            grpc.aio.AioRpcError: As TorchServe answers.
        """
        message = _PredictionsRequest(model_name=model, model_version=version, input=request)
        answer = await self._call(self._predict, message, "inference", seconds)
        return bytes(answer.prediction)

    async def ready_workers(self, model: str, version: str, seconds: float) -> int:
        """How many workers have the version loaded.

        Raises:
            grpc.aio.AioRpcError: As TorchServe answers; NOT_FOUND or INTERNAL when it does not know the version.
        """
        message = _VersionRequest(model_name=model, model_version=version)
        answer = await self._call(self._describe, message, "management", seconds)
        (described,) = json.loads(answer.msg)
        return sum(worker["status"] == "READY" for worker in described["workers"])

    async def hosted(self, seconds: float) -> list[HostedVersion]:
        """All versions that it has, loaded or not.

        Raises:
            grpc.aio.AioRpcError: As TorchServe answers.
        """
        listed = await self._call(self._list, _ListModelsRequest(limit=_MOST_MODELS), "management", seconds)
        names = sorted({str(model["modelName"]) for model in json.loads(listed.msg)["models"]})
        return [version for name in names for version in await self._versions(name, seconds)]

    async def _versions(self, model: str, seconds: float) -> list[HostedVersion]:
        message = _VersionRequest(model_name=model, model_version=_ALL_VERSIONS)
        try:
            answer = await self._call(self._describe, message, "management", seconds)
        except grpc.aio.AioRpcError as error:
            # Gone since it was listed.
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return []
            raise
        return [_hosted(one) for one in json.loads(answer.msg)]

    async def register(self, url: str, load_seconds: int, batch_requests: int) -> None:
        """Fetch an archive and load its version in one worker; returns when that has loaded.

        Args:
            url: Of the archive; one that TorchServe's `allowed_urls` allow.
            load_seconds: How long loading may take.
            batch_requests: Requests that are computed together.

        Raises:
            grpc.aio.AioRpcError: As TorchServe answers.
        """
        message = _RegisterModelRequest(
            url=url, initial_workers=1, synchronous=True, startup_timeout=load_seconds, batch_size=batch_requests
        )
        await self._call(self._register, message, "management", 2.0 * load_seconds)

    async def unregister(self, model: str, version: str, seconds: float) -> None:
        """Unload a version and delete its archive on that machine; nothing happens if it is not there.

        Raises:
            grpc.aio.AioRpcError: As TorchServe answers.
        """
        others = [one.version for one in await self._versions(model, seconds) if one.version != version]
        if others:
            # It keeps a default for calls without a version, which Loupe never makes, and does not let go of that one.
            another = _VersionRequest(model_name=model, model_version=others[0])
            await self._call(self._set_default, another, "management", seconds)
        message = _VersionRequest(model_name=model, model_version=version)
        try:
            await self._call(self._unregister, message, "management", seconds)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise

    def _managing(self, method: str, request: Any) -> Any:
        return self._management.unary_unary(
            f"/org.pytorch.serve.grpc.management.ManagementAPIsService/{method}",
            request.SerializeToString,
            _ManagementResponse.FromString,
        )

    async def close(self) -> None:
        """Close the connections; calls that run are cancelled."""
        await self._inference.close()
        await self._management.close()

    async def _call(self, method: Any, message: Any, kind: str, seconds: float) -> Any:
        try:
            return await method(message, timeout=seconds, metadata=self._tokens.metadata(kind))
        except grpc.aio.AioRpcError as error:
            # A restarted TorchServe has new tokens.
            if error.code() is not grpc.StatusCode.PERMISSION_DENIED or not self._tokens.read_again():
                raise
        return await method(message, timeout=seconds, metadata=self._tokens.metadata(kind))


def connect(targets: Collection[str], tokens: TokenFile) -> dict[str, TorchServeCalls]:
    """The TorchServes at these addresses, which all have the same tokens."""
    return {target: TorchServeCalls(target, tokens) for target in targets}


def _hosted(described: Mapping[str, Any]) -> HostedVersion:
    return HostedVersion(
        described["modelName"],
        described["modelVersion"],
        is_ready=any(worker["status"] == "READY" for worker in described["workers"]),
        is_fetched="://" in described["modelUrl"],
    )


def _field(
    name: str, number: int, kind: "_Field.Type.ValueType", type_name: str = "", *, repeated: bool = False
) -> _Field:
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    return _Field(name=name, number=number, type=kind, label=label, type_name=type_name or None)


def _messages() -> list[Any]:
    """Classes of the messages; on the wire only the numbers of their fields count."""
    text, binary, nested = _Field.TYPE_STRING, _Field.TYPE_BYTES, _Field.TYPE_MESSAGE
    number, truth = _Field.TYPE_INT32, _Field.TYPE_BOOL
    package = "loupe.torchserve"
    entry = descriptor_pb2.DescriptorProto(
        name="InputEntry",
        field=[_field("key", 1, text), _field("value", 2, binary)],
        options=descriptor_pb2.MessageOptions(map_entry=True),
    )
    name, version = _field("model_name", 1, text), _field("model_version", 2, text)
    inputs = _field("input", 3, nested, f".{package}.PredictionsRequest.InputEntry", repeated=True)
    described = [
        descriptor_pb2.DescriptorProto(name="PredictionsRequest", field=[name, version, inputs], nested_type=[entry]),
        descriptor_pb2.DescriptorProto(name="PredictionResponse", field=[_field("prediction", 1, binary)]),
        descriptor_pb2.DescriptorProto(name="VersionRequest", field=[name, version]),
        descriptor_pb2.DescriptorProto(name="ManagementResponse", field=[_field("msg", 1, text)]),
        descriptor_pb2.DescriptorProto(name="ListModelsRequest", field=[_field("limit", 1, number)]),
        descriptor_pb2.DescriptorProto(
            name="RegisterModelRequest",
            field=[
                _field("batch_size", 1, number),
                _field("initial_workers", 3, number),
                _field("synchronous", 8, truth),
                _field("url", 9, text),
                _field("startup_timeout", 11, number),
            ],
        ),
    ]
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(
        name="loupe/torchserve.proto", package=package, syntax="proto3", message_type=described
    )
    pool.Add(file)
    return [
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{message.name}"))
        for message in described
    ]


(
    _PredictionsRequest,
    _PredictionResponse,
    _VersionRequest,
    _ManagementResponse,
    _ListModelsRequest,
    _RegisterModelRequest,
) = _messages()
