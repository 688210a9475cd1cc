"""ImageService: images, their bytes, and long work on many of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.longrunning.operations_pb2 import Operation

from loupe.project.v1 import image_pb2, image_service_pb2_grpc
from loupe.project.v1 import image_service_pb2 as pb
from loupe_kit.objects import ObjectStore
from loupe_kit.rpc_policy import Access
from loupe_project.convert import image as convert
from loupe_project.convert import image_access as convert_access
from loupe_project.convert import operation as convert_operation
from loupe_project.convert import tiles as convert_tiles
from loupe_project.convert.values import mask_paths, time_of
from loupe_project.domain import names
from loupe_project.domain.copying import CopyWish
from loupe_project.domain.image import Image
from loupe_project.domain.job import ModelChoice
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Directory
from loupe_project.ports.inference import ModelCatalogue
from loupe_project.ports.operations import OperationWaker
from loupe_project.ports.store import Store
from loupe_project.servicers import downloads
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.analyse_images import wish_for
from loupe_project.use_cases.ask_image_work import ask_image_work
from loupe_project.use_cases.copy_images import ask_copy
from loupe_project.use_cases.get_image import get_details, get_image
from loupe_project.use_cases.image_access import ask_image_access, check_known, check_wish, get_image_access
from loupe_project.use_cases.thumbnails import Thumbnails
from loupe_project.use_cases.tiles import Tiles
from loupe_project.use_cases.update_image import ImageChanges, update_image

_SERVICE = "/loupe.project.v1.ImageService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "GetImage",
        "UpdateImage",
        "DeleteImages",
        "AnalyseImages",
        "CopyImages",
        "DownloadImage",
        "DownloadThumbnail",
        "GetImagePixels",
        "DownloadImageTile",
        "GetImageAccess",
        "ModifyImageAccess",
    )
}

_NAME = "projects/{project}/images/{image}"
_PROJECT = "projects/{project}"
_MASK = ("capture_time", "metadata", "metadata.*")
_CONTENT_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
_Context = grpc.aio.ServicerContext[Any, Any]


class ImageServicer(image_service_pb2_grpc.ImageServiceServicer):
    """Serves `loupe.project.v1.ImageService`.

    Args:
        calls: Transactions and callers.
        objects: Where the bytes are.
        thumbnails: Small pictures.
        tiles: Parts of large pictures.
        directory: People and departments that images can be shared with.
        operations: Woken when there is a new operation.
        catalogue: Models that can be asked.
    """

    def __init__(
        self,
        calls: Calls,
        objects: ObjectStore,
        thumbnails: Thumbnails,
        tiles: Tiles,
        directory: Directory,
        operations: OperationWaker,
        catalogue: ModelCatalogue,
    ) -> None:
        self._calls = calls
        self._thumbnails = thumbnails
        self._tiles = tiles
        self._directory = directory
        self._objects = objects
        self._operations = operations
        self._catalogue = catalogue

    async def GetImage(self, request: pb.GetImageRequest, context: _Context) -> image_pb2.Image:
        project_id, image_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> image_pb2.Image:
            return convert.to_message(await get_details(store, scope, project_id, image_id))

        return await self._calls.read(work)

    async def UpdateImage(self, request: pb.UpdateImageRequest, context: _Context) -> image_pb2.Image:
        project_id, image_id = names.split(_NAME, request.image.name, "image.name")
        changes = _changes_of(request)

        async def work(store: Store, scope: Scope) -> image_pb2.Image:
            now = self._calls.clock.now()
            return convert.to_message(await update_image(store, scope, project_id, image_id, changes, now))

        return await self._calls.write(f"{_SERVICE}/UpdateImage", request, image_pb2.Image, work)

    async def DeleteImages(self, request: pb.DeleteImagesRequest, context: _Context) -> Operation:
        return await self._ask("DeleteImages", OperationKind.DELETE_IMAGES, request, context)

    async def AnalyseImages(self, request: pb.AnalyseImagesRequest, context: _Context) -> Operation:
        wish = wish_for(await self._choice(request.model)) if request.model else b""
        return await self._ask("AnalyseImages", OperationKind.ANALYSE_IMAGES, request, context, wish)

    async def CopyImages(self, request: pb.CopyImagesRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        (target_id,) = names.split(_PROJECT, request.destination, "destination")
        selection, wish = convert.selection_of(request.selector), CopyWish(target_id, moves=request.move)

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(await ask_copy(store, scope, project_id, selection, wish, now))

        operation = await self._calls.write(f"{_SERVICE}/CopyImages", request, Operation, work, context)
        self._operations.wake(operation.name.rpartition("/")[2])
        return operation

    async def DownloadImage(self, request: pb.DownloadImageRequest, context: _Context) -> AsyncIterator[HttpBody]:
        find = _finder(request.name)
        image = await self._calls.read(find)
        content_type = _CONTENT_TYPES.get(image.format, "application/octet-stream")
        await downloads.announce(context, image.file_name, image.size_bytes)
        async for chunk in self._calls.stream(self._objects.open(image.object_key), find):
            yield HttpBody(content_type=content_type, data=chunk)

    async def DownloadThumbnail(
        self, request: pb.DownloadThumbnailRequest, context: _Context
    ) -> AsyncIterator[HttpBody]:
        find = _finder(request.name)
        image = await self._calls.read(find)
        key = await self._thumbnails.ensure(image)
        async for chunk in self._calls.stream(self._objects.open(key), find):
            yield HttpBody(content_type="image/jpeg", data=chunk)

    async def GetImagePixels(self, request: pb.GetImagePixelsRequest, context: _Context) -> pb.ImagePixels:
        image = await self._calls.read(_finder(request.name.removesuffix("/pixels")))
        is_plain = await self._tiles.is_plain(image)
        pyramid = await self._tiles.pyramid(image) if request.measure or not is_plain else None
        return convert_tiles.to_message(request.name, is_plain, pyramid)

    async def DownloadImageTile(
        self, request: pb.DownloadImageTileRequest, context: _Context
    ) -> AsyncIterator[HttpBody]:
        window = convert_tiles.window_of(request)
        image = await self._calls.read(_finder(request.name))
        drawn = await self._tiles.tile(image, request.level, request.column, request.row, window)
        yield HttpBody(content_type="image/png", data=drawn)

    async def GetImageAccess(self, request: pb.GetImageAccessRequest, context: _Context) -> pb.ImageAccess:
        project_id, image_id = names.split(f"{_NAME}/access", request.name)

        async def work(store: Store, scope: Scope) -> pb.ImageAccess:
            found = await get_image_access(store, scope, project_id, image_id)
            return convert_access.to_message(project_id, image_id, found)

        return await self._calls.read(work)

    async def ModifyImageAccess(self, request: pb.ModifyImageAccessRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        selection, wish = convert.selection_of(request.selector), convert_access.wish_of(request)
        check_wish(wish)
        await check_known(self._directory, wish.add, "add_readers")

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(await ask_image_access(store, scope, project_id, selection, wish, now))

        operation = await self._calls.write(f"{_SERVICE}/ModifyImageAccess", request, Operation, work, context)
        self._operations.wake(operation.name.rpartition("/")[2])
        return operation

    async def _choice(self, name: str) -> ModelChoice:
        if name.count("/") > 1:
            model, version = names.split("models/{model}/versions/{version}", name, "model")
            await self._catalogue.check_version(model, version)
            return ModelChoice(model, version)
        (model,) = names.split("models/{model}", name, "model")
        return ModelChoice(model, await self._catalogue.active_version(model))

    async def _ask(
        self,
        method: str,
        kind: OperationKind,
        request: pb.DeleteImagesRequest | pb.AnalyseImagesRequest,
        context: _Context,
        wish: bytes = b"",
    ) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        selection = convert.selection_of(request.selector)

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            asked = await ask_image_work(store, scope, project_id, kind, selection, now, wish)
            return convert_operation.to_proto(asked)

        operation = await self._calls.write(f"{_SERVICE}/{method}", request, Operation, work, context)
        self._operations.wake(operation.name.rpartition("/")[2])
        return operation


def _finder(name: str) -> Callable[[Store, Scope], Awaitable[Image]]:
    """Finds an image by name; again and again for a stream."""
    project_id, image_id = names.split(_NAME, name)

    async def find(store: Store, scope: Scope) -> Image:
        return await get_image(store, scope, project_id, image_id)

    return find


def _changes_of(request: pb.UpdateImageRequest) -> ImageChanges:
    paths = mask_paths(request.update_mask, _MASK)
    keys = [one.removeprefix("metadata.") for one in paths if one.startswith("metadata.")]
    has_time = request.image.HasField("capture_time")
    return ImageChanges(
        metadata=convert.metadata_of(request.image.metadata),
        replaces_metadata="metadata" in paths,
        keys=keys,
        sets_capture_time="capture_time" in paths,
        capture_time=time_of(request.image.capture_time, "image.capture_time") if has_time else None,
    )
