"""The migrations make the tables that the code works with."""

from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from loupe_kit.sql import UnitOfWork, create_engine, upgrade
from loupe_project.adapters.sql.tables import Base
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain.image_access import AccessMode, AccessWish
from tests.contract.ports.project import databases
from tests.contract.ports.project.builders import LOUPE, add_image, add_project


async def test_migrations__leave_nothing_to_do(database_url: str) -> None:
    engine = create_engine(database_url)

    def differences(connection: Connection) -> list[object]:
        # MariaDB makes indexes of its own for foreign keys, so indexes that are there too many are no difference.
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": False}), Base.metadata)
        return [one for one in found if not (isinstance(one, tuple) and one[0] == "remove_index")]

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_upgrade__again_changes_nothing(database_url: str) -> None:
    await upgrade(database_url, "loupe_project:migrations")


class _BeforeIndexes(ProjectUnitOfWork):
    """One that tells no search index what it changes: the first version has no table for it."""

    async def commit(self) -> None:
        await UnitOfWork.commit(self)


@pytest.mark.parametrize("kind", databases.BOTH)
async def test_upgrade__a_database_of_the_first_version_keeps_what_it_holds(kind: str, tmp_path: Path) -> None:
    async with databases.engine(kind, tmp_path) as engine:
        before, units = partial(_BeforeIndexes, engine), partial(ProjectUnitOfWork, engine)
        await upgrade(engine, "loupe_project:migrations", revision="0001")
        project = await add_project(before)
        image = await add_image(before, project)

        await upgrade(engine, "loupe_project:migrations")

        async with units() as unit:
            assert (await unit.image_access.get(image)).mode is AccessMode.INHERITED
            wish = AccessWish(mode=AccessMode.RESTRICTED)
            assert await unit.image_access.modify(project.id, [image], wish) == (1, 0, 0)
            assert [one.image.id for one in await unit.images.details(LOUPE, project.id, [image])] == [image]
            await unit.commit()
