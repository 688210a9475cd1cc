"""Projects and their members in SQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import leaving, project_counts
from loupe_project.adapters.sql.scope import forget_sights, role_of, visible_projects
from loupe_project.adapters.sql.tables import project_members, projects
from loupe_project.domain.project import ImageCounts, Member, PrincipalKind, Project, ProjectRole, Visibility
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold


class SqlProjectRepository:
    """See `ports.store.ProjectRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, scope: Scope, project_id: str) -> Project | None:
        """One project with its members and the caller's role in it."""
        found = await self._session.execute(
            select(projects).where(projects.c.id == project_id, visible_projects(scope))
        )
        row = found.first()
        if row is None:
            return None
        members = await self._members([project_id])
        return _project(row, members.get(project_id, ()), scope)

    async def list_newest_first(
        self, scope: Scope, *, contains: str, after: tuple[datetime, str] | None, limit: int
    ) -> list[Project]:
        """A page of the projects that exist for the scope."""
        query = select(projects).where(visible_projects(scope))
        if contains:
            query = query.where(projects.c.display_name_folded.contains(contains, autoescape=True))
        rows = (await self._session.execute(_newest_first(query, after, limit))).all()
        members = await self._members([row.id for row in rows])
        return [_project(row, members.get(row.id, ()), scope) for row in rows]

    async def add(self, project: Project) -> None:
        """Write a new project with its members."""
        await self._session.execute(insert(projects).values(id=project.id, **_columns(project)))
        await self._write_members(project)

    async def save(self, project: Project, *, revision: int) -> bool:
        """Write all of a project over revision `revision`; False when it has another one by now."""
        changed = await self._session.execute(
            update(projects)
            .where(projects.c.id == project.id, projects.c.revision == revision)
            .values(**_columns(project))
        )
        forget_sights(self._session)
        if changed.rowcount != 1:  # type: ignore[attr-defined] # a Result of an UPDATE has it
            return False
        await self._session.execute(delete(project_members).where(project_members.c.project_id == project.id))
        await self._write_members(project)
        return True

    async def delete(self, project_id: str, now: datetime) -> None:
        """Delete a project with all in it; its objects and features are put on the list of removals."""
        await leaving.leave_project(self._session, project_id, now)
        await self._session.execute(delete(projects).where(projects.c.id == project_id))

    async def image_counts(self, scope: Scope, projects: Sequence[Project]) -> dict[str, ImageCounts]:
        """Images that exist for the scope by state, for each of the projects as it was read for it."""
        return await project_counts.image_counts(self._session, scope, projects)

    async def owners(self) -> list[str]:
        """Ids of all who own a project."""
        return list(await self._session.scalars(select(projects.c.owner_id).distinct()))

    async def list_by_owners(
        self, owner_ids: Sequence[str], *, after: tuple[datetime, str] | None, limit: int
    ) -> list[Project]:
        """Projects of these people, newest first, whoever may see them."""
        query = select(projects).where(projects.c.owner_id.in_(owner_ids))
        rows = (await self._session.execute(_newest_first(query, after, limit))).all()
        return [_project(row, (), Scope()) for row in rows]

    async def _members(self, project_ids: Sequence[str]) -> dict[str, tuple[Member, ...]]:
        if not project_ids:
            return {}
        rows = await self._session.execute(
            select(project_members)
            .where(project_members.c.project_id.in_(project_ids))
            .order_by(project_members.c.project_id, project_members.c.principal_kind, project_members.c.principal_id)
        )
        members: dict[str, tuple[Member, ...]] = {}
        for row in rows:
            one = Member(PrincipalKind(row.principal_kind), row.principal_id, ProjectRole(row.role))
            members[row.project_id] = (*members.get(row.project_id, ()), one)
        return members

    async def _write_members(self, project: Project) -> None:
        if project.members:
            await self._session.execute(
                insert(project_members),
                [
                    {"project_id": project.id, "principal_kind": one.kind, "principal_id": one.id, "role": one.role}
                    for one in project.members
                ],
            )


def _newest_first(query: Select[Any], after: tuple[datetime, str] | None, limit: int) -> Select[Any]:
    if after is not None:
        time, last_id = after
        query = query.where(
            or_(projects.c.create_time < time, and_(projects.c.create_time == time, projects.c.id < last_id))
        )
    return query.order_by(projects.c.create_time.desc(), projects.c.id.desc()).limit(limit)


def _columns(project: Project) -> dict[str, Any]:
    values = asdict(project)
    for name in ("id", "members", "caller_role"):
        del values[name]
    return {**values, "display_name_folded": fold(project.display_name, 200)}


def _project(row: Row[Any], members: tuple[Member, ...], scope: Scope) -> Project:
    return Project(
        id=row.id,
        display_name=row.display_name,
        description=row.description,
        model=row.model,
        model_version=row.model_version,
        visibility=Visibility(row.visibility),
        owner_id=row.owner_id,
        time_zone=row.time_zone,
        revision=row.revision,
        create_time=row.create_time,
        update_time=row.update_time,
        members=members,
        caller_role=role_of(scope, row.owner_id, Visibility(row.visibility), members),
    )
