"""DepartmentService: the departments of the organisation."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from loupe.auth.v1 import department_service_pb2 as pb
from loupe.auth.v1 import department_service_pb2_grpc
from loupe_auth import convert
from loupe_auth.domain.users import name_key
from loupe_auth.ports import Store, Transaction
from loupe_auth.servicers.calls import CallReader, Context, Once
from loupe_auth.servicers.pages import Page
from loupe_auth.use_cases import update_department
from loupe_auth.use_cases.create_department import create_department
from loupe_auth.use_cases.delete_department import delete_department
from loupe_auth.use_cases.get_department import get_department
from loupe_auth.use_cases.update_department import DepartmentChange
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.DepartmentService"
ACCESS: AccessTable = {
    f"{_PREFIX}/GetDepartment": Access.USER,
    f"{_PREFIX}/ListDepartments": Access.PUBLIC,
    f"{_PREFIX}/CreateDepartment": Access.USER,
    f"{_PREFIX}/UpdateDepartment": Access.USER,
    f"{_PREFIX}/DeleteDepartment": Access.USER,
}


class DepartmentServicer(department_service_pb2_grpc.DepartmentServiceServicer):
    """Departments; changing them is for administrators.

    Args:
        store: where they are.
        once: for changes.
        calls: reads who calls.
    """

    def __init__(self, store: Store, once: Once, calls: CallReader) -> None:
        self._store = store
        self._once = once
        self._calls = calls

    async def GetDepartment(self, request: pb.GetDepartmentRequest, context: Context) -> pb.Department:
        call = self._calls.read(context)
        department_id = convert.resource_id("name", request.name, "departments")
        async with self._store(read_only=True) as tx:
            return convert.department(await get_department(tx, call, department_id))

    async def ListDepartments(self, request: pb.ListDepartmentsRequest, context: Context) -> pb.ListDepartmentsResponse:
        page = Page(request, "departments")
        async with self._store(read_only=True) as tx:
            found = await tx.departments.list_by_name(after=page.after_name(), limit=page.fetch)
        rows, token = page.cut_by_name(found, lambda row: (name_key(row.display_name), row.id))
        return pb.ListDepartmentsResponse(departments=map(convert.department, rows), next_page_token=token)

    async def CreateDepartment(self, request: pb.CreateDepartmentRequest, context: Context) -> pb.Department:
        call = self._calls.read(context)
        wanted = request.department

        async def create(tx: Transaction) -> pb.Department:
            return convert.department(await create_department(tx, call, wanted.display_name, wanted.description))

        return await self._once.change(call.caller, f"{_PREFIX}/CreateDepartment", request, create, pb.Department)

    async def UpdateDepartment(self, request: pb.UpdateDepartmentRequest, context: Context) -> pb.Department:
        call = self._calls.read(context)
        wanted = request.department
        change = DepartmentChange(
            department_id=convert.resource_id("department.name", wanted.name, "departments"),
            display_name=wanted.display_name,
            description=wanted.description,
            paths=convert.paths(request.update_mask, wanted, update_department.UPDATABLE),
            expected_version=convert.version("department.etag", wanted.etag),
        )

        async def update(tx: Transaction) -> pb.Department:
            return convert.department(await update_department.update_department(tx, call, change))

        return await self._once.change(call.caller, f"{_PREFIX}/UpdateDepartment", request, update, pb.Department)

    async def DeleteDepartment(self, request: pb.DeleteDepartmentRequest, context: Context) -> Empty:
        call = self._calls.read(context)
        department_id = convert.resource_id("name", request.name, "departments")
        expected_version = convert.version("etag", request.etag)

        async def delete(tx: Transaction) -> Empty:
            await delete_department(tx, call, department_id, expected_version)
            return Empty()

        return await self._once.change(call.caller, f"{_PREFIX}/DeleteDepartment", request, delete, Empty)
