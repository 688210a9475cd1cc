"""Deleting, restoring and copying by the client and at the command line."""

from typing import Any

import pytest
from google.longrunning import operations_pb2
from google.protobuf.message import Message

from loupe.project.v1 import image_service_pb2
from loupe.project.v1 import trash_service_pb2 as pb
from loupe_client import Client, Copied
from loupe_client.cli.main import _parser
from tests.unit.client.test_curation import client, done

PROJECT, OTHER = "projects/p", "projects/q"
DELETION = f"{PROJECT}/operations/o"


def deleted(number: int) -> pb.DeletedImage:
    image = pb.DeletedImage(name=f"{PROJECT}/deletedImages/{number}", file_name=f"{number}.png", deletion=DELETION)
    image.delete_time.FromJsonString("2026-11-22T00:00:00Z")
    image.purge_time.FromJsonString("2026-12-22T00:00:00Z")
    return image


def run(loupe: Client, *arguments: str) -> int:
    parsed = _parser().parse_args(arguments)
    return int(parsed.run(loupe, parsed))


def operation(message: Message) -> operations_pb2.Operation:
    found = done(message)
    found.name = DELETION
    return found


def test_delete__into_the_trash(capsys: pytest.CaptureFixture[str]) -> None:
    loupe, transport = client(DeleteImagesRequest=[operation(image_service_pb2.DeleteImagesResponse(deleted_count=3))])

    assert run(loupe, "delete", PROJECT, "is:failed") == 0

    assert transport.asked[0].selector.query == "is:failed"
    assert capsys.readouterr().out == f"3 images are in the trash; bring them back with --deletion {DELETION}\n"


def test_list__all_pages(capsys: pytest.CaptureFixture[str]) -> None:
    pages: list[Any] = [
        pb.ListDeletedImagesResponse(deleted_images=[deleted(1)], next_page_token="more"),
        pb.ListDeletedImagesResponse(deleted_images=[deleted(2)]),
    ]
    loupe, transport = client(ListDeletedImagesRequest=pages)

    assert run(loupe, "trash", "list", PROJECT, "--deletion", DELETION) == 0

    assert [(one.page_token, one.deletion) for one in transport.asked] == [("", DELETION), ("more", DELETION)]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert '"until": "2026-12-22T00:00:00+00:00"' in lines[0]


@pytest.mark.parametrize(
    ("arguments", "selector"),
    [
        (["1", "2"], {"images": {"ids": ["1", "2"]}}),
        (["--deletion", DELETION], {"deletion": DELETION}),
        ([], {"all": True}),
    ],
)
def test_restore_and_purge__which(arguments: list[str], selector: dict[str, Any]) -> None:
    loupe, transport = client(
        RestoreImagesRequest=[operation(pb.RestoreImagesResponse(restored_count=2))],
        PurgeImagesRequest=[operation(pb.PurgeImagesResponse(purged_count=2))],
    )

    assert run(loupe, "trash", "restore", PROJECT, *arguments) == 0
    assert run(loupe, "trash", "purge", PROJECT, *arguments) == 0

    assert [one.selector for one in transport.asked] == [pb.TrashSelector(**selector)] * 2


def test_copy__and_move() -> None:
    answer = image_service_pb2.CopyImagesResponse(copied_count=4, duplicate_count=3, restored_count=2, pending_count=1)
    loupe, transport = client(CopyImagesRequest=[operation(answer), operation(answer)])

    assert loupe.trash.copy(PROJECT, OTHER, "line:L3").result() == Copied(4, 3, 2, 1)
    assert run(loupe, "copy", PROJECT, OTHER, "--move") == 0

    assert [(one.parent, one.destination, one.move, one.selector.query) for one in transport.asked] == [
        (PROJECT, OTHER, False, "line:L3"),
        (PROJECT, OTHER, True, ""),
    ]
