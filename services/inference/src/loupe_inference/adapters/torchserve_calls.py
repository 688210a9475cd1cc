"""The two calls of TorchServe's gRPC that Loupe uses, with their messages and its tokens.

The messages are described here and not generated: they are a handful of fields that will not change any more.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

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
        self._describe = self._management.unary_unary(
            "/org.pytorch.serve.grpc.management.ManagementAPIsService/DescribeModel",
            _DescribeModelRequest.SerializeToString,
            _ManagementResponse.FromString,
        )

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
        message = _DescribeModelRequest(model_name=model, model_version=version)
        answer = await self._call(self._describe, message, "management", seconds)
        (described,) = json.loads(answer.msg)
        return sum(worker["status"] == "READY" for worker in described["workers"])

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


def _field(
    name: str, number: int, kind: "_Field.Type.ValueType", type_name: str = "", *, repeated: bool = False
) -> _Field:
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    return _Field(name=name, number=number, type=kind, label=label, type_name=type_name or None)


def _messages() -> list[Any]:
    """Classes of the messages; on the wire only the numbers of their fields count."""
    text, binary, nested = _Field.TYPE_STRING, _Field.TYPE_BYTES, _Field.TYPE_MESSAGE
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
        descriptor_pb2.DescriptorProto(name="DescribeModelRequest", field=[name, version]),
        descriptor_pb2.DescriptorProto(name="ManagementResponse", field=[_field("msg", 1, text)]),
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


_PredictionsRequest, _PredictionResponse, _DescribeModelRequest, _ManagementResponse = _messages()
