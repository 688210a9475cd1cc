"""A scope as SQL: which rows exist for a caller, and what he may do with a project. Rights are decided here alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.tables import (
    image_readers,
    images,
    narrowed_images,
    project_members,
    projects,
    trashed_images,
)
from loupe_project.domain.project import Member, PrincipalKind, ProjectRole, Visibility
from loupe_project.domain.scope import Scope

Condition = ColumnElement[bool]


def visible_projects(scope: Scope) -> Condition:
    """Condition on `projects`: those that exist for the scope. Add it to every statement that reads for a caller."""
    reads = exists(
        select(image_readers.c.image_id).where(
            image_readers.c.project_id == projects.c.id, _names(scope, image_readers)
        )
    )
    return _within(scope, or_(_shared(scope), reads))


def visible_project_ids(scope: Scope, project_id: str) -> Condition:
    """Condition without a join: the project of this id exists for the scope. Costs one look at its row."""
    if scope.everything:
        return true()
    return exists(select(projects.c.id).where(projects.c.id == project_id, visible_projects(scope)))


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller sees of one project."""

    project_id: str
    role: ProjectRole | None
    """None: the project does not exist for him."""
    hides: bool
    """Whether single images of it are kept from him."""
    scope: Scope
    has_trash: bool = False
    """Whether some lie in the trash, where they exist for nobody."""

    @property
    def sees_all(self) -> bool:
        """Whether every image of the project that is not in the trash exists for him."""
        return self.role is not None and not self.hides

    @property
    def needs_no_condition(self) -> bool:
        """Whether every row of the project exists for him, so that nothing has to be left out."""
        return self.sees_all and not self.has_trash

    def images(self, image_id: ColumnElement[str] = images.c.id) -> Condition:
        """Condition on rows of images of the project: those that exist for him.

        Args:
            image_id: Column that holds the image's id.
        """
        if self.role is None:
            return false()
        if self.has_trash:
            return and_(kept(image_id), self._allowed(image_id))
        return self._allowed(image_id)

    def _allowed(self, image_id: ColumnElement[str]) -> Condition:
        if not self.hides:
            return true()
        if self.role is ProjectRole.GUEST:
            return image_id.in_(granted_images(self.scope, [self.project_id]))
        return image_id.not_in(hidden_images(self.scope, [self.project_id]))

    def made(self, creator: ColumnElement[str]) -> Condition:
        """Condition on rows of what people make of images: a guest finds his own.

        Args:
            creator: Column that holds who made it.
        """
        if self.role is None:
            return false()
        is_guest = self.role is ProjectRole.GUEST
        return creator == self.scope.principal if is_guest else true()

    def rows(self) -> Condition:
        """Condition on `images`: those of the project that exist for him, where no ids are given to look up.

        For a guest it does not name the project: the readers' rows do, and both databases begin with those few then.
        """
        if self.role is ProjectRole.GUEST:
            return self.images()
        not_deleted = kept(images.c.id) if self.scope.everything else true()
        return and_(images.c.project_id == self.project_id, not_deleted, self.images())


async def sight(session: AsyncSession, scope: Scope, project_id: str) -> Sight:
    """What the caller sees of a project: one look at its row, kept for the rest of the transaction."""
    if scope.everything:
        return Sight(project_id, ProjectRole.OWNER, hides=False, scope=scope)
    known: dict[tuple[Scope, str], Sight] = session.info.setdefault("sights", {})
    found = known.get((scope, project_id))
    if found is None:
        found = known[scope, project_id] = await _look(session, scope, project_id)
    return found


def forget_sights(session: AsyncSession) -> None:
    """Rights are changing in this transaction."""
    session.info.pop("sights", None)


async def _look(session: AsyncSession, scope: Scope, project_id: str) -> Sight:
    statement = select(
        _owned(scope).label("owns"),
        _edited(scope).label("edits"),
        _shared(scope).label("views"),
        hidden_images(scope, [project_id]).exists().label("hides"),
        exists(select(trashed_images.c.image_id).where(trashed_images.c.project_id == project_id)).label("has_trash"),
    )
    statement = statement.select_from(projects).where(projects.c.id == project_id, visible_projects(scope))
    row = (await session.execute(statement)).first()
    if row is None:
        return Sight(project_id, None, hides=True, scope=scope)
    has_trash = bool(row.has_trash)
    if row.owns or row.edits:
        role = ProjectRole.OWNER if row.owns else ProjectRole.EDITOR
        return Sight(project_id, role, hides=False, scope=scope, has_trash=has_trash)
    if row.views:
        return Sight(project_id, ProjectRole.VIEWER, hides=bool(row.hides), scope=scope, has_trash=has_trash)
    return Sight(project_id, ProjectRole.GUEST, hides=True, scope=scope, has_trash=has_trash)


def kept(image_id: ColumnElement[str]) -> Condition:
    """Condition on rows of images: those that are not in the trash.

    Loupe itself finds deleted images by id, because their bytes and jobs are still its business; nobody else does, and
    no search.
    """
    return ~exists(select(trashed_images.c.image_id).where(trashed_images.c.image_id == image_id))


def _within(scope: Scope, condition: Condition) -> Condition:
    """The condition, for those projects that the scope is not kept from."""
    if scope.everything:
        return true()
    if not scope.user_id:
        return false()
    if scope.key_projects is None:
        return condition
    return and_(condition, projects.c.id.in_(sorted(scope.key_projects)))


def _owned(scope: Scope) -> Condition:
    return projects.c.owner_id == scope.user_id


def _edited(scope: Scope) -> Condition:
    return _is_member(scope, project_members.c.role == ProjectRole.EDITOR)


def _shared(scope: Scope) -> Condition:
    """Projects that somebody views as a whole: his own, shared ones, open ones, and those of people he supervises."""
    ways = [_owned(scope), projects.c.visibility == Visibility.ORGANISATION, _is_member(scope, true())]
    if scope.staff_ids:
        ways.append(projects.c.owner_id.in_(sorted(scope.staff_ids)))
    return or_(*ways)


def _is_member(scope: Scope, role: Condition) -> Condition:
    return exists(
        select(project_members.c.project_id).where(
            project_members.c.project_id == projects.c.id, _names(scope, project_members), role
        )
    )


def granted_images(scope: Scope, project_ids: Sequence[str]) -> Select[tuple[str]]:
    """Ids of the images that name the caller as reader."""
    return select(image_readers.c.image_id).where(
        image_readers.c.project_id.in_(project_ids), _names(scope, image_readers)
    )


def hidden_images(scope: Scope, project_ids: Sequence[str]) -> Select[tuple[str]]:
    """Ids of the images that the projects' viewers do not see, and the caller as one of them neither."""
    reads = exists(
        select(image_readers.c.image_id).where(
            image_readers.c.image_id == narrowed_images.c.image_id, _names(scope, image_readers)
        )
    )
    return select(narrowed_images.c.image_id).where(narrowed_images.c.project_id.in_(project_ids), ~reads)


def _names(scope: Scope, table: Table) -> Condition:
    """Rows of members or readers that mean the caller: by himself or by his department."""
    conditions = [and_(table.c.principal_kind == PrincipalKind.USER, table.c.principal_id == scope.user_id)]
    if scope.department_id:
        conditions.append(
            and_(table.c.principal_kind == PrincipalKind.DEPARTMENT, table.c.principal_id == scope.department_id)
        )
    return or_(*conditions)


def role_of(scope: Scope, owner_id: str, visibility: Visibility, members: tuple[Member, ...]) -> ProjectRole:
    """What a scope for which a project exists may do in it."""
    if scope.everything or owner_id == scope.user_id:
        return ProjectRole.OWNER
    principals = {(PrincipalKind.USER, scope.user_id), (PrincipalKind.DEPARTMENT, scope.department_id)}
    mine = {one.role for one in members if (one.kind, one.id) in principals}
    if ProjectRole.EDITOR in mine:
        return ProjectRole.EDITOR
    if mine or visibility is Visibility.ORGANISATION or owner_id in scope.staff_ids:
        return ProjectRole.VIEWER
    return ProjectRole.GUEST
