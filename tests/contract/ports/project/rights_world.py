"""Small worlds of people, departments, projects and images, and who may see what in them: the rules in plain Python."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from loupe_project.domain.image_access import AccessMode, ImageAccess, Principal
from loupe_project.domain.project import Member, PrincipalKind, ProjectRole, Visibility
from loupe_project.domain.scope import Scope

DEPARTMENTS = ("paint", "press")
PEOPLE = ("ada", "bob", "cho", "dan")


@dataclass(frozen=True)
class Person:
    name: str
    department: str | None
    is_supervisor: bool


@dataclass(frozen=True)
class Caller:
    """Somebody, himself or by an API key that is limited to some projects."""

    person: Person
    key_projects: frozenset[int] | None = None
    """Numbers of projects; None: himself."""


@dataclass(frozen=True)
class OneImage:
    access: ImageAccess
    shade: str
    """Its metadata `shade` and, in another word, one of its tags."""


@dataclass(frozen=True)
class OneProject:
    owner: str
    visibility: Visibility
    members: tuple[Member, ...]
    images: tuple[OneImage, ...]


@dataclass(frozen=True)
class World:
    people: tuple[Person, ...]
    projects: tuple[OneProject, ...]
    callers: tuple[Caller, ...] = field(default=())

    def role(self, caller: Caller, number: int) -> ProjectRole | None:
        """What the caller may do in a project; None: it does not exist for him."""
        project, person = self.projects[number], caller.person
        if caller.key_projects is not None and number not in caller.key_projects:
            return None
        if project.owner == person.name:
            return ProjectRole.OWNER
        given = {one.role for one in project.members if _means(Principal(one.kind, one.id), person)}
        if ProjectRole.EDITOR in given:
            return ProjectRole.EDITOR
        is_supervised = (
            caller.key_projects is None
            and person.is_supervisor
            and person.department is not None
            and any(one.name == project.owner and one.department == person.department for one in self.people)
        )
        if given or project.visibility is Visibility.ORGANISATION or is_supervised:
            return ProjectRole.VIEWER
        reads = any(_means(reader, person) for one in project.images for reader in one.access.readers)
        return ProjectRole.GUEST if reads else None

    def sees(self, caller: Caller, number: int, image: OneImage) -> bool:
        """Whether an image exists for the caller."""
        role = self.role(caller, number)
        if role is None:
            return False
        if role in (ProjectRole.OWNER, ProjectRole.EDITOR):
            return True
        if any(_means(reader, caller.person) for reader in image.access.readers):
            return True
        return role is ProjectRole.VIEWER and image.access.mode is AccessMode.INHERITED

    def scope(self, caller: Caller, project_ids: list[str]) -> Scope:
        """The scope of the caller as the service makes it."""
        person = caller.person
        staff = frozenset(one.name for one in self.people if one.department == person.department)
        is_supervisor = person.is_supervisor and person.department is not None and caller.key_projects is None
        return Scope(
            user_id=person.name,
            department_id=person.department,
            principal=f"users/{person.name}" if caller.key_projects is None else f"apiKeys/key-of-{person.name}",
            key_projects=None
            if caller.key_projects is None
            else frozenset(project_ids[number] for number in caller.key_projects),
            staff_ids=staff if is_supervisor else frozenset(),
        )


def _means(principal: Principal, person: Person) -> bool:
    wanted = person.name if principal.kind is PrincipalKind.USER else person.department
    return principal.id == wanted


_principals = st.one_of(
    st.builds(Principal, st.just(PrincipalKind.USER), st.sampled_from(PEOPLE)),
    st.builds(Principal, st.just(PrincipalKind.DEPARTMENT), st.sampled_from(DEPARTMENTS)),
)
_accesses = st.builds(
    lambda mode, readers: ImageAccess(mode, tuple(sorted(readers))),
    st.sampled_from(AccessMode),
    st.frozensets(_principals, max_size=2),
)
_images = st.builds(OneImage, _accesses, st.sampled_from(["red", "green", "blue"]))


@st.composite
def _members(draw: st.DrawFn) -> tuple[Member, ...]:
    roles = st.sampled_from([ProjectRole.VIEWER, ProjectRole.EDITOR])
    given = draw(st.dictionaries(_principals, roles, max_size=2))
    return tuple(Member(one.kind, one.id, role) for one, role in sorted(given.items()))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """People of two departments or none, up to three projects, each person as caller, and some keys."""
    people = tuple(Person(name, draw(st.sampled_from([None, *DEPARTMENTS])), draw(st.booleans())) for name in PEOPLE)
    projects = draw(
        st.lists(
            st.builds(
                OneProject,
                owner=st.sampled_from(PEOPLE),
                # Mostly private ones: in open projects nobody is a guest.
                visibility=st.sampled_from([Visibility.PRIVATE, Visibility.PRIVATE, Visibility.ORGANISATION]),
                members=_members(),
                images=st.lists(_images, max_size=4).map(tuple),
            ),
            min_size=1,
            max_size=3,
        )
    )
    numbers = st.frozensets(st.sampled_from(range(len(projects))))
    keys = draw(st.lists(st.builds(Caller, st.sampled_from(people), numbers), max_size=2))
    return World(people, tuple(projects), (*map(Caller, people), *keys))
