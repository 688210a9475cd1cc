"""Between the contract's messages and the domain, field by field."""

from loupe.inference.v1 import (
    feature_service_pb2,
    inference_service_pb2,
    model_service_pb2,
    prediction_pb2,
    task_pb2,
)
from loupe_inference.domain.analysis import (
    Analysis,
    AnalysisTask,
    Box,
    ClassScore,
    ClassScores,
    Prediction,
)
from loupe_inference.domain.features import (
    FeatureBlock,
    FeatureSet,
    ObjectFeatureBlock,
    PutSummary,
    block_from_bytes,
)
from loupe_inference.domain.model import ModelSpec, ModelState, Task
from loupe_kit import ids, status

TASKS = {
    Task.CLASSIFICATION: model_service_pb2.TASK_CLASSIFICATION,
    Task.DETECTION: model_service_pb2.TASK_DETECTION,
}
_STATES = {
    ModelState.LOADING: model_service_pb2.Model.STATE_LOADING,
    ModelState.ACTIVE: model_service_pb2.Model.STATE_ACTIVE,
    ModelState.FAILED: model_service_pb2.Model.STATE_FAILED,
}


def task_from_proto(message: task_pb2.AnalysisTask) -> AnalysisTask:
    """An order from its message."""
    return AnalysisTask(
        image_id=message.image_id,
        project_id=message.project_id,
        object_key=message.object_key,
        model=message.model,
        version=message.version,
        attempt=message.attempt,
        size_bytes=message.size_bytes,
    )


def prediction_to_proto(prediction: Prediction) -> prediction_pb2.Prediction:
    """A prediction with the branch of its kind."""
    message = prediction_pb2.Prediction(model=prediction.model, version=prediction.version)
    if isinstance(prediction.output, ClassScores):
        message.class_scores.scores.extend(_score_to_proto(score) for score in prediction.output.scores)
    else:
        # An empty branch is an answer too: nothing was found.
        message.boxes.SetInParent()
        message.boxes.boxes.extend(_box_to_proto(box) for box in prediction.output.boxes)
    return message


def _score_to_proto(score: ClassScore) -> prediction_pb2.ClassScore:
    return prediction_pb2.ClassScore(label=score.label, index=score.index, confidence=score.confidence)


def _box_to_proto(box: Box) -> prediction_pb2.Box:
    return prediction_pb2.Box(
        label=box.label,
        index=box.index,
        confidence=box.confidence,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
    )


def analysis_to_proto(analysis: Analysis, *, with_feature: bool) -> inference_service_pb2.AnalyseImageResponse:
    """The answer of analyse-now."""
    return inference_service_pb2.AnalyseImageResponse(
        prediction=prediction_to_proto(analysis.prediction),
        feature=analysis.feature.tolist() if with_feature else (),
        image_width=analysis.image_width,
        image_height=analysis.image_height,
    )


def model_to_proto(
    spec: ModelSpec, state: ModelState, state_message: str, *, with_labels: bool
) -> model_service_pb2.Model:
    """A catalogue entry."""
    return model_service_pb2.Model(
        name=spec.name,
        display_name=spec.display_name,
        task=TASKS[spec.task],
        descriptions=spec.descriptions,
        labels=spec.labels if with_labels else (),
        label_count=len(spec.labels),
        input_width=spec.input_width,
        input_height=spec.input_height,
        feature_dimension=spec.active.feature_dimension,
        object_feature_dimension=spec.active.object_feature_dimension,
        feature_description=spec.feature_description,
        active_version=spec.active_version,
        licence=spec.licence,
        is_builtin=spec.is_builtin,
        state=_STATES[state],
        state_message=state_message,
    )


def block_from_proto(message: feature_service_pb2.FeatureBlock) -> FeatureBlock:
    """Vectors from their message.

    Raises:
        FeatureBlockInvalid: If its sizes contradict each other.
    """
    return block_from_bytes(message.image_ids, message.dimension, message.values)


def block_to_proto(block: FeatureBlock) -> feature_service_pb2.FeatureBlock:
    """Vectors as a message."""
    return feature_service_pb2.FeatureBlock(
        image_ids=block.image_ids,
        dimension=block.values.shape[1],
        values=block.values.astype("<f4", copy=False).tobytes(),
    )


def object_block_to_proto(block: ObjectFeatureBlock) -> feature_service_pb2.ObjectFeatureBlock:
    """Vectors of objects as a message."""
    return feature_service_pb2.ObjectFeatureBlock(
        image_ids=block.image_ids,
        object_counts=block.counts,
        dimension=block.values.shape[1],
        values=block.values.astype("<f4", copy=False).tobytes(),
    )


def set_to_proto(feature_set: FeatureSet) -> feature_service_pb2.FeatureSet:
    """One feature set of a project."""
    return feature_service_pb2.FeatureSet(
        model=feature_set.key.model,
        version=feature_set.key.version,
        dimension=feature_set.dimension,
        feature_count=feature_set.feature_count,
    )


def put_summary_to_proto(summary: PutSummary) -> feature_service_pb2.PutFeaturesResponse:
    """What became of uploaded vectors."""
    return feature_service_pb2.PutFeaturesResponse(
        stored_count=summary.stored_count,
        dimension=summary.dimension,
        rejected_count=summary.rejected_count,
        rejected=[
            feature_service_pb2.RejectedFeature(
                image_id=ids.unpack_ids(rejected.image_id)[0], status=status.to_status_proto(rejected.error)
            )
            for rejected in summary.rejected
        ],
    )
