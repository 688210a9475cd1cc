"""ProjectService: projects and who may enter them."""

from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import project_service_pb2 as pb
from loupe.project.v1 import project_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import project as convert
from loupe_project.convert.values import mask_paths
from loupe_project.domain import names
from loupe_project.domain.image_access import Principal
from loupe_project.domain.project import PrincipalKind, Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Directory
from loupe_project.ports.inference import ModelCatalogue
from loupe_project.ports.store import Store
from loupe_project.ports.work import WorkSignal
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import access
from loupe_project.use_cases.create_project import ProjectDraft, check_may_create, create_project
from loupe_project.use_cases.delete_project import delete_project
from loupe_project.use_cases.image_access import check_known
from loupe_project.use_cases.list_projects import list_projects
from loupe_project.use_cases.transfer_project import list_orphaned, transfer_project
from loupe_project.use_cases.update_project import Changes, update_project

_SERVICE = "/loupe.project.v1.ProjectService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "GetProject",
        "ListProjects",
        "CreateProject",
        "UpdateProject",
        "DeleteProject",
        "TransferProject",
        "ListOrphanedProjects",
    )
}

_NAME = "projects/{project}"
_MASK = ("display_name", "description", "model", "visibility", "members", "time_zone", "owner")
_Context = grpc.aio.ServicerContext[Any, Any]


class ProjectServicer(pb_grpc.ProjectServiceServicer):
    """Serves `loupe.project.v1.ProjectService`.

    Args:
        calls: Transactions and callers.
        catalogue: Models that projects can choose.
        directory: People who can own them.
        removals: Rung when bytes and features wait for their end.
        jobs: Rung when jobs wait to be published.
    """

    def __init__(
        self,
        calls: Calls,
        catalogue: ModelCatalogue,
        directory: Directory,
        removals: WorkSignal,
        jobs: WorkSignal,
    ) -> None:
        self._calls = calls
        self._directory = directory
        self._catalogue = catalogue
        self._removals = removals
        self._jobs = jobs

    async def GetProject(self, request: pb.GetProjectRequest, context: _Context) -> pb.Project:
        (project_id,) = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.Project:
            return await _with_counts(store, scope, await access.viewer(store, scope, project_id))

        return await self._calls.read(work)

    async def ListProjects(self, request: pb.ListProjectsRequest, context: _Context) -> pb.ListProjectsResponse:
        async def work(store: Store, scope: Scope) -> pb.ListProjectsResponse:
            page = await list_projects(store, scope, request.filter, request.page_size, request.page_token)
            counts = await store.projects.image_counts(scope, page.projects)
            return pb.ListProjectsResponse(
                projects=[convert.to_message(one, counts[one.id]) for one in page.projects],
                next_page_token=page.next_page_token,
            )

        return await self._calls.read(work)

    async def CreateProject(self, request: pb.CreateProjectRequest, context: _Context) -> pb.Project:
        check_may_create(await self._calls.scope())
        draft = await self._draft(request.project)

        async def work(store: Store, scope: Scope) -> pb.Project:
            project = await create_project(store, scope, draft, self._calls.clock.now())
            return await _with_counts(store, scope, project)

        return await self._calls.write(f"{_SERVICE}/CreateProject", request, pb.Project, work, context)

    async def UpdateProject(self, request: pb.UpdateProjectRequest, context: _Context) -> pb.Project:
        (project_id,) = names.split(_NAME, request.project.name, "project.name")
        changes = await self._changes(request)

        async def work(store: Store, scope: Scope) -> pb.Project:
            now = self._calls.clock.now()
            project = await update_project(store, scope, project_id, changes, request.project.etag, now)
            return await _with_counts(store, scope, project)

        changed = await self._calls.write(f"{_SERVICE}/UpdateProject", request, pb.Project, work, context)
        self._jobs.ring()
        return changed

    async def DeleteProject(self, request: pb.DeleteProjectRequest, context: _Context) -> Empty:
        (project_id,) = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> Empty:
            await delete_project(store, scope, project_id, self._calls.clock.now())
            return Empty()

        response = await self._calls.write(f"{_SERVICE}/DeleteProject", request, Empty, work, context)
        self._removals.ring()
        return response

    async def TransferProject(self, request: pb.TransferProjectRequest, context: _Context) -> pb.Project:
        (project_id,) = names.split(_NAME, request.name)
        owner_id = await self._known_user(request.owner, "owner")

        async def work(store: Store, scope: Scope) -> pb.Project:
            project = await transfer_project(
                store,
                self._directory,
                scope,
                project_id,
                owner_id,
                self._calls.clock.now(),
                is_administrator=self._calls.is_administrator(),
            )
            return await _with_counts(store, scope, project)

        return await self._calls.write(f"{_SERVICE}/TransferProject", request, pb.Project, work, context)

    async def ListOrphanedProjects(
        self, request: pb.ListOrphanedProjectsRequest, context: _Context
    ) -> pb.ListOrphanedProjectsResponse:
        is_administrator = self._calls.is_administrator()

        async def work(store: Store, _scope: Scope) -> pb.ListOrphanedProjectsResponse:
            found, token = await list_orphaned(
                store, self._directory, request.page_size, request.page_token, is_administrator=is_administrator
            )
            return pb.ListOrphanedProjectsResponse(
                projects=map(convert.orphan_to_message, found), next_page_token=token
            )

        return await self._calls.read(work)

    async def _known_user(self, name: str, field: str) -> str:
        """Id of somebody who can own a project."""
        (user,) = names.split("users/{user}", name, field)
        user_id = names.checked_id(user, field)
        await check_known(self._directory, [Principal(PrincipalKind.USER, user_id)], field)
        return user_id

    async def _draft(self, message: pb.Project) -> ProjectDraft:
        (model,) = names.split("models/{model}", message.model, "project.model")
        return ProjectDraft(
            display_name=message.display_name,
            description=message.description,
            model=model,
            model_version=await self._catalogue.active_version(model),
            visibility=convert.visibility_of(message),
            members=convert.members_of(message),
            time_zone=message.time_zone,
        )

    async def _changes(self, request: pb.UpdateProjectRequest) -> Changes:
        message = request.project
        changes: Changes = {}
        for path in mask_paths(request.update_mask, _MASK):
            if path == "model":
                (model,) = names.split("models/{model}", message.model, "project.model")
                changes |= {"model": model, "model_version": await self._catalogue.active_version(model)}
            elif path == "visibility":
                changes["visibility"] = convert.visibility_of(message)
            elif path == "members":
                changes["members"] = convert.members_of(message)
            elif path == "owner":
                changes["owner"] = await self._known_user(message.owner, "project.owner")
            else:
                changes[path] = getattr(message, path)
        return changes


async def _with_counts(store: Store, scope: Scope, project: Project) -> pb.Project:
    counts = await store.projects.image_counts(scope, [project])
    return convert.to_message(project, counts[project.id])
