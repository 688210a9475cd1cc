"""Searches and facets as messages."""

from loupe.project.v1 import search_service_pb2 as pb
from loupe_project.convert import image
from loupe_project.domain.search import Facet, Found, Order

_ORDERS = {
    pb.SearchImagesRequest.ORDER_OLDEST: Order.OLDEST,
    pb.SearchImagesRequest.ORDER_FILE_NAME: Order.FILE_NAME,
    pb.SearchImagesRequest.ORDER_CONFIDENCE: Order.CONFIDENCE,
    pb.SearchImagesRequest.ORDER_OUTLIER: Order.OUTLIER,
}


def order_of(order: pb.SearchImagesRequest.Order.ValueType) -> Order:
    """An order; NEWEST unless another one is asked for."""
    return _ORDERS.get(order, Order.NEWEST)


def found_to_message(found: Found) -> pb.SearchImagesResponse:
    """A page of a search."""
    return pb.SearchImagesResponse(
        images=[image.to_message(one) for one in found.images],
        next_page_token=found.next_page_token,
        total_size=found.total,
    )


def facet_to_message(facet: Facet) -> pb.Facet:
    """The values of one field."""
    values = [pb.Facet.Value(value=one.value, count=one.count) for one in facet.values]
    return pb.Facet(field=facet.field, values=values, truncated=facet.truncated)
