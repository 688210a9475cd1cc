"""Images of one part that show what an image of another part shows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loupe_kit import paging
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access, splits
from loupe_project.use_cases.search_for_split import searched_duplicates, unsearched

MAX_GROUPS = 200
MIN_PARTS, MAX_PARTS = 2, 10
MAX_NAME_CHARS = 100
MEMBERS_SHOWN = 1_000
_NAMES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LeakageWish:
    """Between which parts to look: those of a split, or what queries find."""

    split_id: str = ""
    queries: tuple[tuple[str, str], ...] = ()
    """Name and query of each part, where no split is named."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One image of a group that shows the same in different parts."""

    image_id: str
    file_name: str
    parts: tuple[str, ...]
    is_exact: bool
    """Whether it has the very pixels of the group's keeper."""


@dataclass(frozen=True, slots=True)
class LeakageGroup:
    """Images that show the same and are in different parts."""

    members: tuple[Leak, ...]
    """The first of them."""
    member_count: int


@dataclass(frozen=True, slots=True)
class Leakage:
    """What leaks."""

    groups: tuple[LeakageGroup, ...]
    """Those of one page, largest first."""
    group_count: int
    image_count: int
    """Images that were looked at."""
    leaking_count: int
    run_id: str
    """The search for duplicates that is meant."""
    unsearched_count: int
    """Images of which it does not tell."""


async def find_leakage(
    store: Store, scope: Scope, project_id: str, wish: LeakageWish, page_size: int, page_token: str
) -> tuple[Leakage, str]:
    """A page of groups, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If neither a split nor two to ten parts with names are given.
        SplitNotFound: If the split does not exist for the caller.
        SplitNotReady: If it is not finished.
        QueryInvalid: If a query cannot be read.
        DuplicatesUnknown: If nobody has searched for duplicates.
        PageTokenInvalid: If the token is not one of this search.
    """
    project = await access.viewer(store, scope, project_id)
    run_id = await searched_duplicates(store, project_id)
    parts_of = await _parts(store, scope, project, wish)
    groups = await _groups(store, scope, project_id, parts_of)
    limit = paging.clamp_page_size(page_size, maximum=MAX_GROUPS)
    key = paging.filter_hash(
        "leakage", project_id, run_id, wish.split_id, *(text for part in wish.queries for text in part)
    )
    start = next((int(one) for one in paging.decode_token(page_token, key)), 0)
    page = groups[start : start + limit]
    leakage = Leakage(
        groups=await _named(store, scope, project_id, page, parts_of),
        group_count=len(groups),
        image_count=len(parts_of),
        leaking_count=len({image_id for group in groups for image_id in group}),
        run_id=run_id,
        unsearched_count=len(await unsearched(store, project, run_id, list(parts_of))),
    )
    return leakage, paging.encode_token((start + limit,), key) if len(groups) > start + limit else ""


async def _parts(store: Store, scope: Scope, project: Project, wish: LeakageWish) -> dict[str, tuple[str, ...]]:
    """Names of the parts that each image is in, by image id."""
    if wish.split_id:
        split = await splits.get_finished_split(store, scope, project.id, wish.split_id)
        return {image_id: (part.value,) for image_id, part in (await store.splits.parts(scope, split)).items()}
    _check_queries(wish.queries)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, query in wish.queries:
        for image_id in await store.search.ids(scope, project, query):
            found[image_id].append(name)
    return {image_id: tuple(names) for image_id, names in found.items()}


def _check_queries(queries: Sequence[tuple[str, str]]) -> None:
    names = [name.strip() for name, _ in queries]
    if not MIN_PARTS <= len(queries) <= MAX_PARTS:
        raise InvalidArgument(
            f"Name a split, or {MIN_PARTS} to {MAX_PARTS} parts with a query each; these are {len(queries)}.",
            fields=[FieldViolation("parts", f"must be {MIN_PARTS} to {MAX_PARTS} where no split is named")],
        )
    if len(set(names)) < len(names) or not all(1 <= len(name) <= MAX_NAME_CHARS for name in names):
        raise InvalidArgument(
            f"Each part needs a name of its own, of 1 to {MAX_NAME_CHARS} characters, such as train.",
            fields=[FieldViolation("parts.display_name", "must be given, each once")],
        )
    if not all(query.strip() for _, query in queries):
        raise InvalidArgument(
            "A part without a query would be the whole project; say which images it has, as in tag:train.",
            fields=[FieldViolation("parts.query", "must be given")],
        )


async def _groups(
    store: Store, scope: Scope, project_id: str, parts_of: Mapping[str, tuple[str, ...]]
) -> list[dict[str, bool]]:
    """Groups that leak, largest first: of each image whether it has the keeper's pixels, by image id."""
    alike: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for one in await store.splits.duplicates(scope, project_id):
        for image_id, is_exact in ((one.keeper_id, True), (one.image_id, one.is_exact)):
            if image_id in parts_of:
                alike[one.keeper_id].setdefault(image_id, is_exact)
    grouped = {image_id for group in alike.values() for image_id in group}
    # An image that two queries find leaks by itself.
    twice = ({image_id: True} for image_id, names in parts_of.items() if len(names) > 1 and image_id not in grouped)
    leaking = [
        group for group in (*alike.values(), *twice) if len({name for one in group for name in parts_of[one]}) > 1
    ]
    return sorted(leaking, key=lambda group: (-len(group), min(group)))


async def _named(
    store: Store,
    scope: Scope,
    project_id: str,
    groups: Sequence[Mapping[str, bool]],
    parts_of: Mapping[str, tuple[str, ...]],
) -> tuple[LeakageGroup, ...]:
    shown = [list(group)[:MEMBERS_SHOWN] for group in groups]
    image_ids = [one for some in shown for one in some]
    named: dict[str, str] = {}
    for start in range(0, len(image_ids), _NAMES_AT_ONCE):
        named |= await store.exports.file_names(scope, project_id, image_ids[start : start + _NAMES_AT_ONCE])
    return tuple(
        LeakageGroup(
            tuple(Leak(one, named[one], parts_of[one], group[one]) for one in some if one in named), len(group)
        )
        for group, some in zip(groups, shown, strict=True)
    )
