"""Fills a fresh Loupe with the people, keys and things that access is tested with."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import department_service_pb2 as department
from loupe.project.v1 import curation_service_pb2 as curation
from loupe.project.v1 import image_pb2, label_service_pb2, search_service_pb2
from loupe.project.v1 import tag_service_pb2 as tag
from loupe_client.demo.server import StandaloneProcess
from tests.access.identities import PEOPLE, Identity
from tests.access.world import PASSWORD, SCOPES, Visit, World, address, upload_of, upload_pictures

_IMAGES = 12


async def build(process: StandaloneProcess) -> World:
    """Fills a fresh Loupe, started with `SETTINGS`."""
    world = World(process)
    async with world.visit() as visit:
        await _people(visit)
        await _project(visit)
        await _keys(visit)
    return world


async def _people(visit: Visit) -> None:
    world, newcomers = visit.world, [person for person in PEOPLE if person is not Identity.ADMINISTRATOR]
    await _sign_in(visit, Identity.ADMINISTRATOR)
    request = department.CreateDepartmentRequest(department=department.Department(display_name="Plant 1"))
    made = await visit.ask(Identity.ADMINISTRATOR, "DepartmentService.CreateDepartment", request)
    world.department = made.name
    await asyncio.gather(*(_sign_up(visit, person) for person in newcomers))
    _join_department(world.process.data / "auth.db", made.name.rpartition("/")[2])
    await asyncio.gather(*(_sign_in(visit, person) for person in newcomers))
    world.renewed = time.monotonic()


def _join_department(store: Path, department_id: str) -> None:
    # Written by hand, so that this world needs none of the RPCs that are about rights.
    with contextlib.closing(sqlite3.connect(store, timeout=30)) as opened, opened:
        change = "UPDATE users SET department_id = ?, role = ? WHERE email = ?"
        opened.execute(change, (department_id, "MEMBER", address(Identity.OWNER)))
        opened.execute(change, (department_id, "SUPERVISOR", address(Identity.SUPERVISOR)))


async def _sign_in(visit: Visit, person: Identity) -> None:
    tokens = await visit.sign_in(person)
    visit.world.sessions[person] = tokens
    visit.world.users[person] = tokens.user.name


async def _sign_up(visit: Visit, person: Identity) -> None:
    request = account.SignUpRequest(email=address(person), password=PASSWORD, display_name=person.value.title())
    begun = await visit.ask(Identity.ANONYMOUS, "AccountService.SignUp", request)
    code = await asyncio.to_thread(visit.world.process.mailed_code, address(person))
    verify = account.VerifyEmailRequest(verification=begun.verification, code=code)
    await visit.ask(Identity.ANONYMOUS, "AccountService.VerifyEmail", verify)


async def _project(visit: Visit) -> None:
    world = visit.world
    world.project = await visit.new_project("Cells")
    world.other_project = await visit.new_project("Wafers", shared=False)
    begun = await visit.ask(Identity.OWNER, "UploadBatchService.UploadFiles", *upload_of(world.project, 0))
    world.upload_batch = begun.begun.name
    await _upload_images(visit)
    world.label, world.tag = await visit.new_label(), await visit.new_tag()
    modify = tag.ModifyImageTagsRequest(
        parent=world.project, selector=image_pb2.ImageSelector(query="is:analysed"), add=["seen"]
    )
    world.operation = (await visit.finished(await visit.ask(Identity.OWNER, "TagService.ModifyImageTags", modify))).name
    world.saved_search = await visit.new_saved_search()
    world.analysis, world.export = await visit.new_analysis(), await visit.new_export()
    world.selection = await visit.new_selection()
    world.curation_run = await visit.new_run(curation.CurationRun.KIND_OUTLIERS)
    await visit.new_run(curation.CurationRun.KIND_DUPLICATES)
    world.split = await visit.new_split()
    await _label_images(visit)
    world.head = await visit.new_head()


async def _label_images(visit: Visit) -> None:
    request = search_service_pb2.SearchImagesRequest(parent=visit.world.project, query="is:analysed")
    found = await visit.ask(Identity.OWNER, "SearchService.SearchImages", request)
    for number, one in enumerate(found.images):
        given = image_pb2.Label(display_name=("OK", "dent")[number % 2])
        label = label_service_pb2.CreateLabelRequest(parent=one.name, label=given)
        await visit.ask(Identity.OWNER, "LabelService.CreateLabel", label)


async def _upload_images(visit: Visit) -> None:
    world, found = visit.world, search_service_pb2.SearchImagesResponse()
    await upload_pictures(visit, world.project, _IMAGES)
    request = search_service_pb2.SearchImagesRequest(parent=world.project, query="is:analysed")
    for _ in range(600):
        found = await visit.ask(Identity.OWNER, "SearchService.SearchImages", request)
        if len(found.images) == _IMAGES:
            break
        await asyncio.sleep(0.1)
    assert len(found.images) == _IMAGES, "the images are not analysed after a minute"
    world.image = found.images[0].name


async def _keys(visit: Visit) -> None:
    world = visit.world
    world.doomed = [await visit.new_project(f"Doomed {number}") for number in range(8 * len(Identity))]
    projects = [world.project, *world.doomed]
    full = await visit.new_api_key(SCOPES, projects)
    world.api_key, world.keys["all"] = full.api_key.name, full.secret
    world.keys["elsewhere"] = (await visit.new_api_key(SCOPES, [world.other_project])).secret
    for scope in ("read", "upload"):
        world.keys[scope] = (await visit.new_api_key((scope,), projects)).secret
