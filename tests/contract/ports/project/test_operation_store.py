"""Operations as both databases keep them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from loupe_kit.ids import new_id
from loupe_project.adapters.sql.tables import operation_request_parts, operations
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from tests.contract.ports.project.builders import NOW, Units, add_project

SMALL = b"what to do"
LARGE = bytes(range(256)) * 1_000
HUGE = bytes(range(256)) * 70_000
"""More than MariaDB takes in one statement, and more than its medium blobs hold."""


async def add_operation(units: Units, request: bytes) -> Operation:
    project = await add_project(units)
    scope = Scope(user_id=project.owner_id, principal=f"users/{project.owner_id}")
    operation = Operation.asked(
        new_id(),
        OperationKind.MODIFY_IMAGE_TAGS,
        project_id=project.id,
        target=f"projects/{project.id}",
        request=request,
        scope=scope,
        now=NOW,
    )
    async with units() as unit:
        await unit.operations.add(operation)
        await unit.commit()
    return operation


@pytest.mark.parametrize("request_", [SMALL, LARGE, HUGE], ids=["small", "large", "huge"])
async def test_lease__gives_the_request(units: Units, request_: bytes) -> None:
    operation = await add_operation(units, request_)

    async with units() as unit:
        (leased,) = await unit.operations.lease("me", NOW, NOW + timedelta(seconds=30), 4)
        await unit.commit()

    assert (leased.id, leased.request) == (operation.id, request_)


async def test_add__keeps_a_large_request_out_of_the_row_that_is_written_often(units: Units) -> None:
    operation = await add_operation(units, LARGE)

    async with units(read_only=True) as unit:
        in_row = await unit.session.scalar(select(operations.c.request).where(operations.c.id == operation.id))
        apart = await unit.session.scalars(
            select(operation_request_parts.c.content).order_by(operation_request_parts.c.part)
        )
        parts = list(apart)

    assert (in_row, b"".join(parts)) == (b"", LARGE)
