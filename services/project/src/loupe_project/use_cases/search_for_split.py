"""Whether images were searched for duplicates, and the search that a split does first where they were not."""

from collections.abc import Sequence
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import InvalidArgument
from loupe_project.domain.curation import CurationRun, RunKind
from loupe_project.domain.errors import DuplicatesUnknown
from loupe_project.domain.project import Project, ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.domain.selection import Selection as Images
from loupe_project.ports.store import Store
from loupe_project.use_cases.create_analysis import feature_source
from loupe_project.use_cases.curation_work import count_usable
from loupe_project.use_cases.select_images import select_images

_ALL = Images()


async def searched_duplicates(store: Store, project_id: str) -> str:
    """Id of the search for duplicates that holds.

    Raises:
        DuplicatesUnknown: If none has succeeded.
    """
    found = await store.splits.duplicate_run(project_id)
    if not found:
        raise DuplicatesUnknown(
            "Nobody has searched this project for duplicates, so copies of one image could end up in different parts; "
            "search for them first, or ask an editor to.",
            project=project_id,
        )
    return found


async def unsearched(store: Store, project: Project, run_id: str, image_ids: Sequence[str]) -> list[str]:
    """Those of the images of which a search does not tell: they came later, or it was about others.

    Args:
        store: Open transaction.
        project: Whose images they are.
        run_id: The search.
        image_ids: Images.
    """
    # Ids begin with the time at which they were made.
    later = {one for one in image_ids if one > run_id}
    run = await store.curation.get_run(Scope.of_loupe(), project.id, run_id)
    if run is None or run.images == _ALL:
        return [one for one in image_ids if one in later]
    inside = await _inside(store, project, run.images)
    return [one for one in image_ids if one in later or one not in inside]


async def search_needed(
    store: Store, scope: Scope, project: Project, image_ids: Sequence[str], operation_id: str, now: datetime
) -> CurationRun | None:
    """The search of the whole project that a split has to do first; None: the newest one tells enough.

    What is found holds for everybody, so that editors alone have it done; the splits of others take what there is.

    Args:
        store: Open transaction.
        scope: Of who asks for the split.
        project: Whose images are shared out.
        image_ids: These.
        operation_id: Of the split, which does the search as well.
        now: Dates it.

    Raises:
        DuplicatesUnknown: If nobody has searched, and the caller is no editor.
        FeaturesMissing: If nobody has searched, and fewer than ten images of the project have features.
    """
    if not project.caller_role.at_least(ProjectRole.EDITOR):
        await searched_duplicates(store, project.id)
        return None
    source = await feature_source(store, project, "", "split.selector")
    newest = await store.splits.duplicate_run(project.id)
    if newest:
        unknown = await unsearched(store, project, newest, image_ids)
        # Without features they would be passed over again.
        if not unknown or not await store.analyses.count_features(project.id, source, unknown):
            return None
    everything = await select_images(store, Scope.of_loupe(), project, _ALL)
    await count_usable(store, project.id, source, everything)
    return CurationRun(
        id=ids.new_id(),
        project_id=project.id,
        kind=RunKind.DUPLICATES,
        images=_ALL,
        reference=None,
        source=source,
        seed=0,
        creator=scope.principal,
        operation_id=operation_id,
        create_time=now,
        update_time=now,
    )


async def _inside(store: Store, project: Project, images: Images) -> set[str]:
    if images.ids is not None:
        return set(images.ids)
    try:
        return set(await store.search.ids(Scope.of_loupe(), project, images.query))
    except InvalidArgument:
        # It names a set of images that has run out since.
        return set()
