"""A served Loupe with people, keys and a project that holds one of everything: what access is tested in."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from google.longrunning import operations_pb2
from google.protobuf.message import Message
from PIL import Image
from pydantic import SecretStr

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import api_key_service_pb2 as api_keys
from loupe.project.v1 import analysis_service_pb2 as analysis
from loupe.project.v1 import curation_service_pb2 as curation
from loupe.project.v1 import export_service_pb2 as export
from loupe.project.v1 import image_pb2, label_service_pb2
from loupe.project.v1 import operation_service_pb2 as operation
from loupe.project.v1 import project_service_pb2 as project
from loupe.project.v1 import saved_search_service_pb2 as saved_search
from loupe.project.v1 import split_service_pb2 as split
from loupe.project.v1 import tag_service_pb2 as tag
from loupe.project.v1 import teach_service_pb2 as teach
from loupe.project.v1 import upload_batch_service_pb2 as upload
from loupe_client.demo.server import StandaloneProcess
from loupe_gateway import contracts
from loupe_kit.tokens import ServiceTokens
from tests.access.doors import Answer, GrpcDoor, HttpDoor
from tests.access.identities import Identity

METHODS = {f"{service.name}.{method.name}": method for service in contracts.services() for method in service.methods}
"""Every RPC of the contracts, as `TagService.CreateTag`."""
ADMINISTRATOR = "administrator@plant.example"
PASSWORD = "one pass phrase for all of them"
SETTINGS = {"LOUPE_AUTH_ADMIN_EMAIL": ADMINISTRATOR, "LOUPE_AUTH_ADMIN_PASSWORD": PASSWORD}
"""What the served Loupe must be started with."""
M = TypeVar("M", bound=Message)
SCOPES = ("read", "upload", "edit", "analyse", "export")
_MODEL = "models/efficientnet-lite0"
_RENEW_AFTER_SECONDS = 240.0


@dataclass(slots=True)
class World:
    """Plain data; every test opens its own connections."""

    process: StandaloneProcess
    users: dict[Identity, str] = field(default_factory=dict)
    """`users/{user}` of the people."""
    department: str = ""
    """Of the owner and the supervisor."""
    project: str = ""
    """Private, of the owner, shared with the viewer and the editor."""
    other_project: str = ""
    """Private, of the owner."""
    doomed: list[str] = field(default_factory=list)
    """Shared as `project` is; for tests that delete them."""
    image: str = ""
    label: str = ""
    tag: str = ""
    analysis: str = ""
    saved_search: str = ""
    """Shared with the project's members."""
    selection: str = ""
    """Of the owner."""
    curation_run: str = ""
    split: str = ""
    """Of the owner."""
    head: str = ""
    """For outliers; finished, and perhaps superseded."""
    export: str = ""
    operation: str = ""
    """Done; begun by the owner."""
    upload_batch: str = ""
    """Done."""
    api_key: str = ""
    """`apiKeys/{api_key}` of the key for the project."""
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    """Texts of keys: `all`, `elsewhere`, and one scope for the key that has only that."""
    sessions: dict[Identity, account.SessionTokens] = field(default_factory=dict, repr=False)
    renewed: float = 0.0

    def token(self, identity: Identity, scope: str = "read") -> str | None:
        """Returns what an identity sends, for a call that needs `scope` of a key."""
        if identity is Identity.ANONYMOUS:
            return None
        if identity is Identity.KEY:
            return self.keys["all"]
        if identity is Identity.KEY_ELSEWHERE:
            return self.keys["elsewhere"]
        if identity is Identity.KEY_WITHOUT_SCOPE:
            return self.keys["upload" if scope == "read" else "read"]
        if identity is Identity.SERVICE:
            return ServiceTokens(self.service_key()).issue("inference")
        return self.sessions[identity].access_token

    def service_key(self) -> SecretStr:
        """Returns the key that Loupe's services sign their tokens with."""
        return SecretStr((self.process.data / "service-token.key").read_text(encoding="ascii").strip())

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        """Opens both doors, with tokens that hold for some minutes."""
        visit = Visit(self, GrpcDoor(self.process.grpc), HttpDoor(self.process.http))
        try:
            if self.sessions and time.monotonic() - self.renewed > _RENEW_AFTER_SECONDS:
                await visit.renew()
            yield visit
        finally:
            await visit.grpc.close()
            await visit.http.close()


@dataclass(frozen=True, slots=True)
class Visit:
    """The world, through open doors."""

    world: World
    grpc: GrpcDoor
    http: HttpDoor
    sign_ins: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    """Many sign-ins of one person at once are taken for guessing."""

    async def ask(self, identity: Identity, rpc: str, *requests: Message) -> Any:
        """Returns the first message of the answer to an identity that may ask."""
        return self.granted(rpc, await self.grpc.call(METHODS[rpc], requests, self.world.token(identity)))

    @staticmethod
    def granted(rpc: str, answer: Answer) -> Any:
        """Returns the message of an answer that is no refusal."""
        assert answer.outcome == "OK", f"{rpc}: {answer.outcome}: {answer.text}"
        return answer.body

    async def renew(self) -> None:
        """Renews everybody's session."""
        for person, tokens in self.world.sessions.items():
            request = account.RefreshSessionRequest(refresh_token=tokens.refresh_token)
            self.world.sessions[person] = await self.ask(Identity.ANONYMOUS, "AccountService.RefreshSession", request)
        self.world.renewed = time.monotonic()

    async def sign_in(self, person: Identity) -> account.SessionTokens:
        """Returns the tokens of a new session."""
        request = account.SignInRequest(email=address(person), password=PASSWORD)
        async with self.sign_ins:
            tokens: account.SessionTokens = await self.ask(Identity.ANONYMOUS, "AccountService.SignIn", request)
            return tokens

    async def new_project(self, display_name: str, *, shared: bool = True) -> str:
        """Returns the name of a new project of the owner."""
        new = project.Project(display_name=display_name, model=_MODEL)
        if shared:
            new.members.add(principal=self.world.users[Identity.VIEWER], role=project.PROJECT_ROLE_VIEWER)
            new.members.add(principal=self.world.users[Identity.EDITOR], role=project.PROJECT_ROLE_EDITOR)
        request = project.CreateProjectRequest(project=new)
        made: project.Project = await self.ask(Identity.OWNER, "ProjectService.CreateProject", request)
        return made.name

    async def doomed_project(self) -> str:
        """Returns the name of a project that a test may delete; the key for the project holds for the first ones."""
        return self.world.doomed.pop() if self.world.doomed else await self.new_project(unique("Doomed"))

    async def new_tag(self) -> str:
        """Returns the name of a new tag of the project."""
        request = tag.CreateTagRequest(parent=self.world.project, tag=tag.Tag(display_name=unique("tag")))
        made: tag.Tag = await self.ask(Identity.OWNER, "TagService.CreateTag", request)
        return made.name

    async def new_label(self) -> str:
        """Returns the name of a new label, a box, of the image."""
        box = image_pb2.BoundingBox(x=1, y=1, width=5, height=5)
        request = label_service_pb2.CreateLabelRequest(
            parent=self.world.image, label=image_pb2.Label(display_name=unique("scratch"), box=box)
        )
        made: image_pb2.Label = await self.ask(Identity.OWNER, "LabelService.CreateLabel", request)
        return made.name

    async def new_analysis(self) -> str:
        """Returns the name of a new map of the project's images, shared with its members."""
        wanted = analysis.Analysis(
            method=analysis.Analysis.METHOD_PCA,
            dimensions=2,
            visibility=analysis.Analysis.VISIBILITY_SHARED,
            selector=image_pb2.ImageSelector(query="is:analysed"),
        )
        request = analysis.CreateAnalysisRequest(parent=self.world.project, analysis=wanted)
        done = await self.finished(await self.ask(Identity.OWNER, "AnalysisService.CreateAnalysis", request))
        return unpacked(done, analysis.Analysis()).name

    async def new_saved_search(self) -> str:
        """Returns the name of a new saved search of the owner, shared with the project's members."""
        wanted = saved_search.SavedSearch(
            display_name=unique("search"), visibility=saved_search.SavedSearch.VISIBILITY_SHARED
        )
        request = saved_search.CreateSavedSearchRequest(parent=self.world.project, saved_search=wanted)
        made: saved_search.SavedSearch = await self.ask(Identity.OWNER, "SavedSearchService.CreateSavedSearch", request)
        return made.name

    async def new_selection(self) -> str:
        """Returns the name of a new selection of the owner."""
        wanted = curation.Selection(selector=image_pb2.ImageSelector(query="is:analysed"), count=3)
        request = curation.CreateSelectionRequest(parent=self.world.project, selection=wanted)
        done = await self.finished(await self.ask(Identity.OWNER, "CurationService.CreateSelection", request))
        return unpacked(done, curation.Selection()).name

    async def new_run(self, kind: curation.CurationRun.Kind.ValueType, request_id: str = "") -> str:
        """Returns the name of a new curation run of the owner; of the one before for a repeated `request_id`."""
        wanted = curation.CurationRun(kind=kind, selector=image_pb2.ImageSelector(query="is:analysed"))
        if kind == curation.CurationRun.KIND_OUTLIERS:
            wanted.reference.query = "is:analysed"
        request = curation.CreateCurationRunRequest(
            parent=self.world.project, curation_run=wanted, request_id=request_id
        )
        done = await self.finished(await self.ask(Identity.OWNER, "CurationService.CreateCurationRun", request))
        return unpacked(done, curation.CurationRun()).name

    async def new_split(self) -> str:
        """Returns the name of a new split of the owner."""
        await self.current_run(curation.CurationRun.KIND_DUPLICATES)
        wanted = split.Split(
            selector=image_pb2.ImageSelector(query="is:analysed"), train_fraction=0.5, test_fraction=0.5
        )
        request = split.CreateSplitRequest(parent=self.world.project, split=wanted)
        done = await self.finished(await self.ask(Identity.OWNER, "SplitService.CreateSplit", request))
        return unpacked(done, split.Split()).name

    async def new_head(self) -> str:
        """Returns the name of a new head of the owner, taught from the classes that `_label_images` gave."""
        request = teach.CreateHeadRequest(parent=self.world.project, head=teach.Head(head_name=unique_id("cells")))
        done = await self.finished(await self.ask(Identity.OWNER, "TeachService.CreateHead", request))
        return unpacked(done, teach.Head()).name

    async def current_run(self, kind: curation.CurationRun.Kind.ValueType) -> str:
        """Returns the name of the curation run that is not superseded, once none is running any more."""
        request = curation.ListCurationRunsRequest(parent=self.world.project, page_size=1000)
        runs: list[curation.CurationRun] = []
        for _ in range(600):
            listed = await self.ask(Identity.OWNER, "CurationService.ListCurationRuns", request)
            runs = [one for one in listed.curation_runs if one.kind == kind]
            if all(one.state != curation.CURATION_STATE_RUNNING for one in runs):
                break
            await asyncio.sleep(0.1)
        current = [one.name for one in runs if one.state == curation.CURATION_STATE_SUCCEEDED]
        # Callers come together: those who find the same to be gone ask for the same.
        return current[0] if current else await self.new_run(kind, str(uuid5(NAMESPACE_URL, str(runs))))

    async def new_export(self) -> str:
        """Returns the name of a new export of the owner."""
        wanted = export.Export(
            selector=image_pb2.ImageSelector(query="is:analysed"), contents=[export.Export.CONTENT_CSV]
        )
        request = export.CreateExportRequest(parent=self.world.project, export=wanted)
        done = await self.finished(await self.ask(Identity.OWNER, "ExportService.CreateExport", request))
        return unpacked(done, export.Export()).name

    async def new_api_key(self, scopes: tuple[str, ...], projects: list[str]) -> api_keys.CreateApiKeyResponse:
        """Returns a new key of the owner."""
        wanted = api_keys.ApiKey(display_name=unique("key"), scopes=scopes, projects=projects)
        made: api_keys.CreateApiKeyResponse = await self.ask(
            Identity.OWNER, "ApiKeyService.CreateApiKey", api_keys.CreateApiKeyRequest(api_key=wanted)
        )
        return made

    async def finished(self, begun: operations_pb2.Operation) -> operations_pb2.Operation:
        """Returns an operation of the owner when it is done."""
        for _ in range(600):
            request = operation.GetOperationRequest(name=begun.name)
            found: operations_pb2.Operation = await self.ask(Identity.OWNER, "OperationService.GetOperation", request)
            if found.done:
                assert not found.HasField("error"), found.error.message
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"{begun.name} is not done after a minute")


def unpacked(done: operations_pb2.Operation, into: M) -> M:
    """Returns what an operation resulted in."""
    assert done.response.Unpack(into)
    return into


def unique(word: str) -> str:
    """Returns a name that nothing else has."""
    return f"{word} {time.time_ns()}"


def unique_id(word: str) -> str:
    """Returns the same where names have no blanks."""
    return unique(word).replace(" ", "-")


def picture(seed: int) -> bytes:
    """Returns a small PNG."""
    pixels = np.random.default_rng(seed).integers(0, 255, (24, 24), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload_of(parent: str, count: int) -> list[upload.UploadFilesRequest]:
    """Returns the messages that upload some pictures."""
    messages = [upload.UploadFilesRequest(header=upload.UploadHeader(parent=parent))]
    for seed in range(count):
        messages.append(upload.UploadFilesRequest(file=upload.UploadFile(file_name=f"{seed}.png")))
        messages.append(upload.UploadFilesRequest(chunk=picture(seed)))
    return messages


def address(person: Identity) -> str:
    """Returns the e-mail address of a person."""
    return f"{person.value}@plant.example"


async def upload_pictures(visit: Visit, parent: str, count: int) -> None:
    """Uploads some pictures as the owner, to the last answer."""
    path = f"/v1/{parent}/uploadBatches:upload"
    files = [("file", (f"{seed}.png", picture(seed), "image/png")) for seed in range(count)]
    headers = {"authorization": f"Bearer {visit.world.token(Identity.OWNER)}"}
    visit.granted(path, await visit.http.send("POST", path, files=files, headers=headers))
