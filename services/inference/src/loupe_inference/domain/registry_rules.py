"""What every registry of models refuses, in whichever store it keeps them."""

from collections.abc import Iterable

from loupe_inference.domain.errors import ModelNameTaken, ModelVersionInUse, ModelVersionNotFound
from loupe_inference.domain.model import Task


def check_task(model: str, task: Task, others: Iterable[Task]) -> None:
    """A model's versions answer one task: its predictions are of one kind.

    Raises:
        ModelNameTaken: If `others`, those of the versions that are there, are another one.
    """
    if any(other is not task for other in others):
        raise ModelNameTaken(
            f"The versions of model {model} answer another task than {task.value}; register the file as another model.",
            model=model,
        )


def check_deletable(model: str, number: int, *, active: int, count: int) -> None:
    """The active version goes last.

    Args:
        model: Id of the model.
        number: Of the version that shall go.
        active: Number of the active version.
        count: Versions that are there.

    Raises:
        ModelVersionInUse: If it is the active one of several.
    """
    if number == active and count > 1:
        raise ModelVersionInUse(
            f"Version {number} is the active one of model {model}; activate another one first.",
            model=model,
            version=str(number),
        )


def not_found(model: str, number: int) -> ModelVersionNotFound:
    """The error for a version that is not there."""
    return ModelVersionNotFound(
        f"Model {model} has no version {number}; ListModelVersions names those there are.",
        model=model,
        version=str(number),
    )
