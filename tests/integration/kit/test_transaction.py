import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from google.longrunning.operations_pb2 import Operation
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from sqlalchemy.exc import IntegrityError, OperationalError

from loupe_kit import ids, sql
from loupe_kit.clock import SystemClock
from loupe_kit.errors import Aborted, AlreadyExists, InvalidArgument, RequestIdReused
from loupe_kit.sql import UowFactory
from loupe_kit.testing import make_user
from loupe_kit.transaction import run_once
from tests.integration.kit.tables import Ledger, Note, NoteUnitOfWork

METHOD = "/loupe.test.v1.NoteService/CreateNote"
USER = make_user()
NOW = SystemClock().now()


def _request_class() -> Any:
    """A request message with `name` and `request_id`."""
    file = descriptor_pb2.FileDescriptorProto(name="kit_transaction_test.proto", package="kit.test", syntax="proto3")
    message = file.message_type.add(name="CreateNoteRequest")
    for number, name in enumerate(("name", "request_id"), start=1):
        message.field.add(
            name=name,
            number=number,
            type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
            label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kit.test.CreateNoteRequest"))


REQUEST = _request_class()


class Creator:
    """A handler that counts its runs."""

    def __init__(self, name: str = "a") -> None:
        self.name = name
        self.runs = 0

    async def __call__(self, uow: NoteUnitOfWork) -> StringValue:
        self.runs += 1
        note = Note(id=ids.new_id(), name=self.name, create_time=NOW)
        uow.add(note)
        await asyncio.sleep(0.01)
        return StringValue(value=note.id)


async def count(uow_factory: UowFactory[NoteUnitOfWork], table: type) -> int:
    async with uow_factory(read_only=True) as uow:
        return await uow.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def test_run_once__repeat_gets_the_first_answer(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    create, request = Creator(), REQUEST(name="a", request_id=ids.new_id())
    first = await run_once(uow_factory, USER, METHOD, request, create, StringValue)
    second = await run_once(uow_factory, USER, METHOD, request, create, StringValue)
    assert first == second
    assert create.runs == 1
    assert await count(uow_factory, Note) == 1


async def test_run_once__upper_case_id_is_the_same(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    create, request_id = Creator(), ids.new_id()
    request = REQUEST(name="a", request_id=request_id)
    first = await run_once(uow_factory, USER, METHOD, request, create, StringValue)
    same = REQUEST(name="a", request_id=request_id.upper())
    assert await run_once(uow_factory, USER, METHOD, same, create, StringValue) == first


async def test_run_once__reused_for_another_request(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    request_id = ids.new_id()
    await run_once(uow_factory, USER, METHOD, REQUEST(name="a", request_id=request_id), Creator(), StringValue)
    other = Creator("b")
    with pytest.raises(RequestIdReused) as caught:
        await run_once(uow_factory, USER, METHOD, REQUEST(name="b", request_id=request_id), other, StringValue)
    assert (caught.value.reason, caught.value.metadata) == ("REQUEST_ID_REUSED", {"request_id": request_id})
    assert other.runs == 0


async def test_run_once__ids_of_other_callers_and_methods_are_their_own(
    uow_factory: UowFactory[NoteUnitOfWork],
) -> None:
    request = REQUEST(name="a", request_id=ids.new_id())
    for name, caller, method in (("a", USER, METHOD), ("b", make_user(), METHOD), ("c", USER, METHOD + "2")):
        await run_once(uow_factory, caller, method, request, Creator(name), StringValue)
    assert await count(uow_factory, Note) == 3


@pytest.mark.parametrize("request_id", ["abc", "1", "{01890a5d-ac96-774b-bcce-b302099a8057}", "x" * 36])
async def test_run_once__not_a_uuid(uow_factory: UowFactory[NoteUnitOfWork], request_id: str) -> None:
    create = Creator()
    with pytest.raises(InvalidArgument) as caught:
        await run_once(uow_factory, USER, METHOD, REQUEST(request_id=request_id), create, StringValue)
    assert [field.field for field in caught.value.fields] == ["request_id"]
    assert create.runs == 0


@pytest.mark.parametrize("request_message", [REQUEST(name="a"), Operation()])
async def test_run_once__without_request_id(uow_factory: UowFactory[NoteUnitOfWork], request_message: Message) -> None:
    await run_once(uow_factory, USER, METHOD, request_message, Creator("a"), StringValue)
    await run_once(uow_factory, USER, METHOD, request_message, Creator("b"), StringValue)
    assert await count(uow_factory, Note) == 2
    assert await count(uow_factory, Ledger) == 0


async def test_run_once__same_request_at_once(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    create, request = Creator(), REQUEST(name="a", request_id=ids.new_id())
    answers = await asyncio.gather(
        *(run_once(uow_factory, USER, METHOD, request, create, StringValue) for _ in range(12))
    )
    assert len({answer.value for answer in answers}) == 1
    assert await count(uow_factory, Note) == 1


async def test_run_once__same_request_at_once_when_the_handler_tells_of_the_clash(
    uow_factory: UowFactory[NoteUnitOfWork],
) -> None:
    request = REQUEST(name="a", request_id=ids.new_id())

    async def create(uow: NoteUnitOfWork) -> StringValue:
        note = Note(id=ids.new_id(), name="a", create_time=NOW)
        uow.add(note)
        await asyncio.sleep(0.01)
        try:
            await uow.flush()
        except IntegrityError as error:
            raise AlreadyExists("There is one; choose another.") from error
        return StringValue(value=note.id)

    answers = await asyncio.gather(
        *(run_once(uow_factory, USER, METHOD, request, create, StringValue) for _ in range(6))
    )
    assert len({answer.value for answer in answers}) == 1


async def test_run_once__given_up_for_another_transaction(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    deadlock = OperationalError("UPDATE", None, Exception(1213, "Deadlock found"))

    async def fail(uow: NoteUnitOfWork) -> StringValue:
        raise deadlock

    with pytest.raises(Aborted) as caught:
        await run_once(uow_factory, USER, METHOD, REQUEST(request_id=ids.new_id()), fail, StringValue)
    assert caught.value.retry_after is not None


async def test_run_once__error_is_not_kept(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    request = REQUEST(name="a", request_id=ids.new_id())

    async def fail(uow: NoteUnitOfWork) -> StringValue:
        uow.add(Note(id=ids.new_id(), name="a", create_time=NOW))
        await uow.flush()
        raise AlreadyExists("There is one; choose another.")

    with pytest.raises(AlreadyExists):
        await run_once(uow_factory, USER, METHOD, request, fail, StringValue)
    assert await count(uow_factory, Note) == 0
    create = Creator()
    await run_once(uow_factory, USER, METHOD, request, create, StringValue)
    assert create.runs == 1


async def test_run_once__integrity_error_of_the_handler_passes(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    await run_once(uow_factory, USER, METHOD, REQUEST(name="a"), Creator("a"), StringValue)
    with pytest.raises(IntegrityError):
        await run_once(uow_factory, USER, METHOD, REQUEST(request_id=ids.new_id()), Creator("a"), StringValue)


async def test_forget_requests__old_ones_only(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    request = REQUEST(name="a", request_id=ids.new_id())
    await run_once(uow_factory, USER, METHOD, request, Creator("a"), StringValue)
    async with uow_factory() as uow:
        await sql.forget_requests(uow.session, NOW - timedelta(days=1))
        await uow.commit()
    assert await count(uow_factory, Ledger) == 1
    async with uow_factory() as uow:
        await sql.forget_requests(uow.session, SystemClock().now() + timedelta(seconds=1))
        await uow.commit()
    assert await count(uow_factory, Ledger) == 0
