"""Finding images, and their tags and labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

from loupe.project.v1 import (
    image_pb2,
    image_service_pb2,
    image_service_pb2_grpc,
    label_service_pb2,
    label_service_pb2_grpc,
    search_service_pb2,
    search_service_pb2_grpc,
    tag_service_pb2,
    tag_service_pb2_grpc,
)
from loupe_client import _convert
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport
from loupe_client._types import Image, Tag

_PAGE = 200
Selection = str | Sequence[Image]
"""A query, or images; the empty query is all images of the project."""


class Images:
    """Images of projects."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._images = image_service_pb2_grpc.ImageServiceStub(transport.channel)
        self._search = search_service_pb2_grpc.SearchServiceStub(transport.channel)
        self._tags = tag_service_pb2_grpc.TagServiceStub(transport.channel)
        self._labels = label_service_pb2_grpc.LabelServiceStub(transport.channel)

    def get(self, name: str) -> Image:
        """Returns one image."""
        request = image_service_pb2.GetImageRequest(name=name)
        return _convert.image(self._transport.unary(self._images.GetImage, request))

    def search(self, project: str, query: str = "") -> Iterator[Image]:
        """Yields the images that match, newest first; fetches pages as it goes.

        Raises:
            InvalidRequest: the query cannot be read; `metadata["position"]` says where.
        """
        request = search_service_pb2.SearchImagesRequest(parent=project, query=query, page_size=_PAGE)
        for answer in pages(self._transport, self._search.SearchImages, request):
            yield from map(_convert.image, answer.images)

    def count(self, project: str, query: str = "") -> int:
        """Returns how many images match, exactly."""
        request = search_service_pb2.SearchImagesRequest(parent=project, query=query, page_size=1)
        return self._transport.unary(self._search.SearchImages, request).total_size

    def facets(self, project: str, query: str = "", fields: Sequence[str] = ()) -> dict[str, dict[str, int]]:
        """Returns, for each field, how many of the matching images have which value."""
        request = search_service_pb2.GetFacetsRequest(parent=project, query=query, fields=fields)
        answer = self._transport.unary(self._search.GetFacets, request)
        return {facet.field: {value.value: value.count for value in facet.values} for facet in answer.facets}

    def tags(self, project: str) -> Iterator[Tag]:
        """Yields the tags of a project, the most used first."""
        request = tag_service_pb2.ListTagsRequest(parent=project, page_size=_PAGE)
        for answer in pages(self._transport, self._tags.ListTags, request):
            yield from map(_convert.tag, answer.tags)

    def analyse(self, project: str, selection: Selection = "", *, model: str = "") -> Operation[int]:
        """Analyses images again; the result is how many have an answer.

        Args:
            project: `projects/{project}`.
            selection: Which.
            model: Another one than the project's, `models/{model}` or `models/{model}/versions/{version}`; its answers
                stand beside those of the project's model.
        """
        request = image_service_pb2.AnalyseImagesRequest(
            parent=project, selector=selector(selection), model=model, request_id=str(uuid4())
        )
        message = self._transport.unary(self._images.AnalyseImages, request)
        return Operation(
            self._transport, message, image_service_pb2.AnalyseImagesResponse, lambda answer: answer.analysed_count
        )

    def modify_tags(
        self, project: str, selection: Selection, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Operation[int]:
        """Puts tags on images and takes others off; the result is how many images were selected."""
        request = tag_service_pb2.ModifyImageTagsRequest(
            parent=project, selector=selector(selection), add=add, remove=remove, request_id=str(uuid4())
        )
        message = self._transport.unary(self._tags.ModifyImageTags, request)
        return Operation(
            self._transport, message, tag_service_pb2.ModifyImageTagsResponse, lambda answer: answer.image_count
        )

    def set_label(self, image: str, label: str) -> None:
        """Gives an image its ground-truth class, in place of the one before."""
        request = label_service_pb2.CreateLabelRequest(
            parent=image, label=image_pb2.Label(display_name=label), request_id=str(uuid4())
        )
        self._transport.unary(self._labels.CreateLabel, request)

    def download(self, image: str, target: Path) -> None:
        """Writes the bytes of an image, as they were uploaded, to a file."""
        request = image_service_pb2.DownloadImageRequest(name=image)
        with target.open("wb") as file:
            for chunk in self._transport.stream(self._images.DownloadImage, request):
                file.write(chunk.data)


def selector(selection: Selection) -> image_pb2.ImageSelector:
    """Returns the message that names a selection."""
    if isinstance(selection, str):
        return image_pb2.ImageSelector(query=selection)
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[image.id for image in selection]))
