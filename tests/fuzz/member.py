"""Somebody who is signed in and has a project with one of everything, which requests made at random may spoil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from loupe.auth.v1 import account_service_pb2 as account
from loupe.project.v1 import project_service_pb2 as project
from loupe.project.v1 import search_service_pb2 as search
from loupe.project.v1 import tag_service_pb2 as tag
from tests.access.identities import Identity
from tests.access.world import World, picture, unique

_WHO = Identity.STRANGER
# Requests with its real id would leave the others without a project.
_SPARED = {"ProjectService_DeleteProject", "ProjectService_TransferProject"}


@dataclass(frozen=True, slots=True)
class Member:
    """A person, and the ids that this person's requests may name."""

    world: World
    ids: dict[str, str]
    """By name of the path parameter."""
    tokens: account.SessionTokens

    @classmethod
    async def of(cls, world: World) -> Member:
        """Makes a project for the stranger."""
        async with world.visit() as visit:
            new = project.Project(display_name=unique("Fuzz"), model="models/efficientnet-lite0")
            made = await visit.ask(_WHO, "ProjectService.CreateProject", project.CreateProjectRequest(project=new))
            headers = {"authorization": f"Bearer {world.token(_WHO)}"}
            files = [("file", (f"{seed}.png", picture(seed), "image/png")) for seed in range(3)]
            path = f"/v1/{made.name}/uploadBatches:upload"
            visit.granted(path, await visit.http.send("POST", path, files=files, headers=headers))
            tagging = tag.CreateTagRequest(parent=made.name, tag=tag.Tag(display_name="fuzz"))
            tagged = await visit.ask(_WHO, "TagService.CreateTag", tagging)
            found = await visit.ask(_WHO, "SearchService.SearchImages", search.SearchImagesRequest(parent=made.name))
            image = found.images[0]
            names = [image.name, image.upload_batch, tagged.name, world.users[_WHO], world.department]
            return cls(world, _ids(names) | {"model": "efficientnet-lite0"}, await visit.sign_in(_WHO))

    def headers(self) -> dict[str, str]:
        """Returns what says who asks."""
        return {"authorization": f"Bearer {self.tokens.access_token}"}

    def lend_names(self, case: Any) -> None:
        """Puts real ids into the path of a request, so that it comes further than to NOT_FOUND."""
        if case.operation.definition.raw["operationId"] in _SPARED:
            return
        parameters = case.path_parameters or {}
        for name in parameters.keys() & self.ids.keys():
            # One request in a few keeps what was made up.
            if len(str(parameters[name])) % 4:
                parameters[name] = self.ids[name]


def _ids(names: list[str]) -> dict[str, str]:
    singular = {"uploadBatches": "upload_batch"}
    found: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for collection, one in zip(parts[::2], parts[1::2], strict=True):
            found[singular.get(collection, collection.removesuffix("s"))] = one
    return found
