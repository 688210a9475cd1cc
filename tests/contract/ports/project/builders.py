"""Things for store tests, with sensible defaults."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from loupe_kit import ids
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain.image import Added, Arrival, ImageDetails, NewImage
from loupe_project.domain.job import Result
from loupe_project.domain.project import Project, Visibility
from loupe_project.domain.scope import Scope

NOW = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)
MODEL = "efficientnet-lite0"
LOUPE = Scope.of_loupe()

Units = Callable[..., ProjectUnitOfWork]


def make_project(**fields: Any) -> Project:
    project = Project(
        id=ids.new_id(),
        display_name="Cells",
        description="",
        model=MODEL,
        model_version="1",
        visibility=Visibility.PRIVATE,
        owner_id=ids.new_id(),
        time_zone="UTC",
        revision=1,
        create_time=NOW,
        update_time=NOW,
    )
    return replace(project, **fields)


def make_image(project: Project, **fields: Any) -> NewImage:
    image_id = fields.pop("id", None) or ids.new_id()
    image = NewImage(
        id=image_id,
        file_name="cell.png",
        sha256=hashlib.sha256(image_id.encode()).hexdigest(),
        format="PNG",
        width=300,
        height=200,
        size_bytes=90_000,
        object_key=f"projects/{project.id}/images/{image_id}",
        thumbnail_key=f"projects/{project.id}/thumbnails/{image_id}.jpg",
    )
    return replace(image, **fields)


def make_arrival(project: Project, **fields: Any) -> Arrival:
    return replace(Arrival(project.id, f"users/{project.owner_id}", None, "grpc", NOW), **fields)


def make_result(project: Project, image_id: str, **fields: Any) -> Result:
    result = Result(
        project_id=project.id,
        image_id=image_id,
        model=MODEL,
        version="1",
        attempt=1,
        task="classification",
        label="Scratch",
        confidence=0.75,
        output=b"what it said",
        feature_dimension=1280,
    )
    return replace(result, **fields)


def make_failure(project: Project, image_id: str, **fields: Any) -> Result:
    return make_result(
        project, image_id, output=None, label=None, confidence=None, feature_dimension=0, failure=b"why", **fields
    )


async def add_project(units: Units, **fields: Any) -> Project:
    project = make_project(**fields)
    async with units() as unit:
        await unit.projects.add(project)
        await unit.commit()
    return project


async def add_images(units: Units, project: Project, *images: NewImage, **arrival: Any) -> list[Added]:
    async with units() as unit:
        added = await unit.images.add(project, make_arrival(project, **arrival), images)
        await unit.commit()
    return added


async def add_image(units: Units, project: Project, **fields: Any) -> str:
    (added,) = await add_images(units, project, make_image(project, **fields))
    return added.image_id


async def report(units: Units, *results: Result, now: datetime = NOW) -> int:
    async with units() as unit:
        count = await unit.results.store(results, now)
        await unit.commit()
    return count


async def details(units: Units, project: Project, image_id: str) -> ImageDetails:
    async with units(read_only=True) as unit:
        (found,) = await unit.images.details(LOUPE, project.id, [image_id])
    return found


def tag_names(found: ImageDetails) -> list[str]:
    return [one.display_name for one in found.tags]
