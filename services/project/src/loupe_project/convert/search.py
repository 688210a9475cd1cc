"""Searches, facets, histograms and suggestions as messages."""

from collections.abc import Collection
from datetime import datetime

from loupe.project.v1 import search_service_pb2 as pb
from loupe_project.convert import image, query
from loupe_project.domain import names
from loupe_project.domain.query import QueryInvalid, QueryTooComplex, formatting
from loupe_project.domain.search import Facet, Found, Histogram, Neighbours, Order
from loupe_project.use_cases.complete_query import Question, Suggestion, SuggestionKind
from loupe_project.use_cases.parse_query import ReadQuery

_ORDERS = {
    pb.SearchImagesRequest.ORDER_OLDEST: Order.OLDEST,
    pb.SearchImagesRequest.ORDER_FILE_NAME: Order.FILE_NAME,
    pb.SearchImagesRequest.ORDER_CONFIDENCE: Order.CONFIDENCE,
    pb.SearchImagesRequest.ORDER_OUTLIER: Order.OUTLIER,
}

_KINDS = {
    SuggestionKind.FIELD: pb.QuerySuggestion.KIND_FIELD,
    SuggestionKind.OPERATOR: pb.QuerySuggestion.KIND_OPERATOR,
    SuggestionKind.VALUE: pb.QuerySuggestion.KIND_VALUE,
    SuggestionKind.KEYWORD: pb.QuerySuggestion.KIND_KEYWORD,
}


def order_of(order: pb.SearchImagesRequest.Order.ValueType) -> Order:
    """An order; NEWEST unless another one is asked for."""
    return _ORDERS.get(order, Order.NEWEST)


def order_to_message(order: Order) -> pb.SearchImagesRequest.Order.ValueType:
    """An order."""
    return next((message for message, one in _ORDERS.items() if one is order), pb.SearchImagesRequest.ORDER_NEWEST)


def found_to_message(found: Found, wanted: Collection[str]) -> pb.SearchImagesResponse:
    """A page of a search, of each image the fields that are wanted."""
    return pb.SearchImagesResponse(
        images=[image.to_message(one, wanted) for one in found.images],
        next_page_token=found.next_page_token,
        total_size=found.total,
    )


def facet_to_message(facet: Facet) -> pb.Facet:
    """The values of one field."""
    values = [
        pb.Facet.Value(value=one.value, count=one.count, in_query=one.is_in_query, excluded=one.is_excluded)
        for one in facet.values
    ]
    return pb.Facet(field=facet.field, values=values, truncated=facet.truncated)


def histogram_to_message(field: str, histogram: Histogram) -> pb.Histogram:
    """How the values of one field lie."""
    message = pb.Histogram(field=field, counts=histogram.counts, missing_count=histogram.missing)
    for edge in histogram.edges:
        if isinstance(edge, datetime):
            message.time_edges.add().FromDatetime(edge)
        else:
            message.edges.append(edge)
    return message


def neighbours_to_message(project_id: str, found: Neighbours) -> pb.GetSearchNeighborsResponse:
    """Where an image stands in a search."""
    message = pb.GetSearchNeighborsResponse(total_size=found.total)
    if found.position is not None:
        message.position = found.position.number
        message.previous = names.image(project_id, found.position.previous_id) if found.position.previous_id else ""
        message.next = names.image(project_id, found.position.next_id) if found.position.next_id else ""
    return message


def read_query_to_message(text: str, read: ReadQuery) -> pb.ParseQueryResponse:
    """A query that was read, or its fault.

    Raises:
        QueryTooComplex: If it is too deep for a tree.
    """
    if read.fault is not None:
        return pb.ParseQueryResponse(fault=_fault(read.fault))
    message = pb.ParseQueryResponse(text=formatting.text_of(formatting.usual(read.syntax)))
    if read.parts:
        message.tree.CopyFrom(query.to_message(read.syntax))
    for part in read.parts:
        start, end = part.span.start, part.span.end
        message.parts.add(start=start, end=end, text=text[start:end], field=part.field, negated=part.is_negated)
    return message


def _fault(fault: QueryInvalid | QueryTooComplex) -> pb.QueryFault:
    message = pb.QueryFault(reason=fault.reason, message=fault.message)
    if isinstance(fault, QueryInvalid):
        message.position = fault.span.start
        message.length = fault.span.end - fault.span.start
        message.suggestion = fault.metadata.get("suggestion", "")
        if fault.repair is not None:
            span = fault.repair.span
            message.repair.CopyFrom(pb.QueryRepair(start=span.start, end=span.end, text=fault.repair.text))
    return message


def question_of(request: pb.CompleteQueryRequest) -> Question:
    """A query that is being written."""
    cursor = request.cursor if request.HasField("cursor") else None
    return Question(request.query, cursor, request.limit, request.language_code)


def suggestion_to_message(suggestion: Suggestion) -> pb.QuerySuggestion:
    """One way for a query to go on."""
    return pb.QuerySuggestion(
        kind=_KINDS[suggestion.kind],
        text=suggestion.text,
        start=suggestion.span.start,
        end=suggestion.span.end,
        field=suggestion.field,
        count=suggestion.count or 0,
        counted=suggestion.count is not None,
    )
