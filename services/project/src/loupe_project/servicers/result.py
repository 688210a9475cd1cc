"""ResultService: inference reports what became of images."""

from typing import Any

import grpc

from loupe.project.v1 import result_service_pb2 as pb
from loupe.project.v1 import result_service_pb2_grpc as pb_grpc
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.rpc_policy import Access
from loupe_project.convert import result as convert
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.report_results import report_results

ACCESS = {
    "/loupe.project.v1.ResultService/ReportResults": Access.SERVICE,
    "/loupe.project.v1.ResultService/CountModelUse": Access.SERVICE,
}

_MAX_RESULTS = 1000
_Context = grpc.aio.ServicerContext[Any, Any]


class ResultServicer(pb_grpc.ResultServiceServicer):
    """Serves `loupe.project.v1.ResultService`.

    Args:
        calls: Transactions and clock.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def ReportResults(self, request: pb.ReportResultsRequest, context: _Context) -> pb.ReportResultsResponse:
        if len(request.results) > _MAX_RESULTS:
            raise InvalidArgument(
                f"At most {_MAX_RESULTS} results a report, not {len(request.results)}; send several.",
                fields=[FieldViolation("results", f"must hold at most {_MAX_RESULTS}")],
            )
        results = [convert.of_message(one, f"results[{number}]") for number, one in enumerate(request.results)]
        stored = await report_results(self._calls.stores, results, self._calls.clock)
        return pb.ReportResultsResponse(stored_count=stored, stale_count=len(results) - stored)

    async def CountModelUse(self, request: pb.CountModelUseRequest, context: _Context) -> pb.CountModelUseResponse:
        async with self._calls.stores(read_only=True) as store:
            projects, images = await store.jobs.use_of(request.model, request.version)
        return pb.CountModelUseResponse(project_count=projects, image_count=images)
