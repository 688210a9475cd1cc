import json

import pytest
from google.protobuf import field_mask_pb2

from loupe.project.v1 import image_pb2, project_service_pb2, search_service_pb2
from loupe_gateway import contracts, messages
from loupe_gateway.contracts import HttpBinding
from loupe_kit.errors import InvalidArgument

BINDINGS = {binding.method.full_name.split(".")[-1]: binding for binding in contracts.http_bindings()}


def _binding(name: str) -> HttpBinding:
    return BINDINGS[name]


def test_build_request__path_query_and_enum() -> None:
    request = messages.build_request(
        _binding("SearchImages"),
        {"parent": "projects/a"},
        [("query", "label:dent conf<0.6"), ("pageSize", "20"), ("order", "ORDER_CONFIDENCE")],
        b"",
    )

    assert request == search_service_pb2.SearchImagesRequest(
        parent="projects/a",
        query="label:dent conf<0.6",
        page_size=20,
        order=search_service_pb2.SearchImagesRequest.ORDER_CONFIDENCE,
    )


def test_build_request__repeated_query_parameter_and_proto_names() -> None:
    request = messages.build_request(
        _binding("GetFacets"),
        {"parent": "projects/a"},
        [("fields", "label"), ("fields", "tag"), ("value_limit", "3")],
        b"",
    )

    assert request == search_service_pb2.GetFacetsRequest(parent="projects/a", fields=["label", "tag"], value_limit=3)


def test_build_request__body_is_one_field_and_path_fills_its_name() -> None:
    body = json.dumps({"displayName": "Line 3", "visibility": "VISIBILITY_ORGANISATION"}).encode()

    request = messages.build_request(_binding("UpdateProject"), {"project.name": "projects/a"}, [], body)

    assert request == project_service_pb2.UpdateProjectRequest(
        project=project_service_pb2.Project(
            name="projects/a",
            display_name="Line 3",
            visibility=project_service_pb2.Project.VISIBILITY_ORGANISATION,
        ),
        update_mask=field_mask_pb2.FieldMask(paths=["display_name", "visibility"]),
    )


def test_build_request__mask_in_query_keeps_keys_of_users() -> None:
    request = messages.build_request(
        _binding("UpdateImage"),
        {"image.name": "projects/a/images/b"},
        [("updateMask", "captureTime,metadata.myKey")],
        b'{"metadata": {"myKey": 3}}',
    )

    assert request.update_mask.paths == ["capture_time", "metadata.myKey"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "body", "said"),
    [
        ([("colour", "red")], b"", "colour"),
        ([("pageSize", "many")], b"", "pageSize"),
        ([("order", "UPSIDE_DOWN")], b"", "order"),
        ([("parent.name", "x")], b"", "parent.name"),
    ],
)
def test_build_request__bad_query_names_the_parameter(query: list[tuple[str, str]], body: bytes, said: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        messages.build_request(_binding("SearchImages"), {"parent": "projects/a"}, query, body)

    assert said in refused.value.message
    assert refused.value.fields[0].field == said


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"displayName": 3}', b'{"nonsense": 1}', b'"' + b"[" * 5000, b"\xff"])
def test_build_request__bad_body(body: bytes) -> None:
    with pytest.raises(InvalidArgument, match="body"):
        messages.build_request(_binding("CreateProject"), {}, [], body)


def test_to_json__writes_defaults_and_keeps_korean() -> None:
    document = json.loads(messages.to_json(image_pb2.Image(name="projects/a/images/b", file_name="스크래치.png")))

    assert document["fileName"] == "스크래치.png"
    assert document["sizeBytes"] == "0"
    assert document["state"] == "STATE_UNSPECIFIED"


def test_http_bindings__no_two_rpcs_share_a_route() -> None:
    routes = [(binding.verb, binding.template.with_plain_names()[0]) for binding in contracts.http_bindings()]

    assert len(routes) == len(set(routes))
    assert len(routes) > 60
