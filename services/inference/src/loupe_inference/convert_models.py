"""Versions of models between the contract's messages and the domain, field by field."""

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from loupe.inference.v1 import model_registration_pb2, model_service_pb2
from loupe_inference.convert import TASKS
from loupe_inference.domain.errors import ModelConfigInvalid
from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_inference.domain.model_server import ServerState
from loupe_inference.domain.registered import ModelCheck, ModelConfig, ModelFormat, Preprocessing, RegisteredVersion
from loupe_kit.errors import FieldViolation

_FORMATS = {
    ModelFormat.ONNX: model_registration_pb2.MODEL_FORMAT_ONNX,
    ModelFormat.TORCHSCRIPT: model_registration_pb2.MODEL_FORMAT_TORCHSCRIPT,
    ModelFormat.HUGGING_FACE: model_registration_pb2.MODEL_FORMAT_HUGGING_FACE,
}
_ORDERS = {
    False: model_registration_pb2.Preprocessing.CHANNEL_ORDER_RGB,
    True: model_registration_pb2.Preprocessing.CHANNEL_ORDER_BGR,
}
_RESIZES = {
    False: model_registration_pb2.Preprocessing.RESIZE_STRETCH,
    True: model_registration_pb2.Preprocessing.RESIZE_FIT,
}


def config_from_proto(message: model_service_pb2.RegisterModelVersionConfig) -> ModelConfig:
    """What is said about a file, not yet checked by its rules.

    Raises:
        ModelConfigInvalid: If it has no task or format, or a mean or scale without three numbers.
    """
    collection, _, model = message.model.partition("/")
    return ModelConfig(
        model=model if collection == "models" else "",
        display_name=message.display_name.strip(),
        task=_task(message.task),
        format=_format(message.format),
        labels=tuple(message.labels),
        preprocessing=_preprocessing(message.preprocessing) if message.HasField("preprocessing") else None,
        description=message.description.strip(),
        licence=message.licence.strip(),
        size_bytes=message.size_bytes,
    )


def version_to_proto(
    spec: ModelSpec, version: ModelVersion, registered: RegisteredVersion | None, *, with_labels: bool
) -> model_service_pb2.ModelVersion:
    """One version of a catalogue entry.

    Args:
        spec: The model, with the labels of this version.
        version: The version.
        registered: What is known of it if it was registered.
        with_labels: Whether to name the classes.
    """
    create_time = Timestamp()
    create_time.FromDatetime(version.create_time)
    message = model_service_pb2.ModelVersion(
        name=f"{spec.name}/versions/{version.version}",
        feature_dimension=version.feature_dimension,
        weights_sha256=version.weights_sha256,
        weights_size_bytes=version.weights_size_bytes,
        is_active=version.version == spec.active_version,
        create_time=create_time,
        label_count=len(spec.labels),
        labels=spec.labels if with_labels else (),
        feature_description=spec.feature_description,
        object_feature_dimension=version.object_feature_dimension,
    )
    if registered is not None:
        message.format = _FORMATS[registered.config.format]
        message.creator = f"users/{registered.creator}"
        message.preprocessing.CopyFrom(_preprocessing_to_proto(registered.prepared.preprocessing))
        message.check.CopyFrom(_check_to_proto(registered.prepared.check))
    return message


def _task(value: model_service_pb2.Task.ValueType) -> Task:
    for task, number in TASKS.items():
        if number == value:
            return task
    raise _missing("task", "must be TASK_CLASSIFICATION or TASK_DETECTION")


def _format(value: model_registration_pb2.ModelFormat.ValueType) -> ModelFormat:
    for name, number in _FORMATS.items():
        if number == value:
            return name
    raise _missing("format", "must say what the file is")


def _preprocessing(message: model_registration_pb2.Preprocessing) -> Preprocessing:
    return Preprocessing(
        message.input_width,
        message.input_height,
        _three(message.mean, 0.0, "mean"),
        _three(message.scale, 255.0, "scale"),
        is_bgr=message.channel_order == _ORDERS[True],
        keeps_aspect=message.resize == _RESIZES[True],
    )


def _three(values: Sequence[float], default: float, field: str) -> tuple[float, float, float]:
    if not values:
        return default, default, default
    if len(values) != 3:
        raise _missing(f"preprocessing.{field}", "must have three numbers, for red, green and blue")
    return values[0], values[1], values[2]


def _preprocessing_to_proto(how: Preprocessing) -> model_registration_pb2.Preprocessing:
    return model_registration_pb2.Preprocessing(
        input_width=how.input_width,
        input_height=how.input_height,
        mean=how.mean,
        scale=how.scale,
        channel_order=_ORDERS[how.is_bgr],
        resize=_RESIZES[how.keeps_aspect],
    )


def _check_to_proto(check: ModelCheck) -> model_registration_pb2.ModelCheck:
    return model_registration_pb2.ModelCheck(
        samples=[
            model_registration_pb2.SampleOutcome(
                sample=one.sample,
                label=one.label,
                confidence=one.confidence,
                box_count=one.box_count,
                feature_norm=one.feature_norm,
            )
            for one in check.samples
        ],
        milliseconds_per_image=check.milliseconds_per_image,
    )


def _missing(field: str, text: str) -> ModelConfigInvalid:
    return ModelConfigInvalid(
        f"config.{field} {text}; correct it and register the file again.",
        fields=[FieldViolation(f"config.{field}", text)],
        field=field,
    )


def server_to_proto(state: ServerState) -> model_service_pb2.ModelServer:
    """A server with what it has."""
    server = state.server
    hosted = [
        model_service_pb2.ModelServer.HostedVersion(
            model_version=f"models/{one.model}/versions/{one.version}", ready=one.is_ready
        )
        for one in sorted(state.versions, key=lambda one: (one.model, one.version))
    ]
    return model_service_pb2.ModelServer(
        display_name=server.name,
        pool=server.pool,
        node=server.node,
        accelerators=server.accelerators,
        ready=server.is_ready,
        takes_registered=server.takes_registered,
        hosted_versions=hosted,
        fault=state.fault,
    )
