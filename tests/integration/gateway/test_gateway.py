import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from loupe.project.v1 import label_service_pb2
from loupe_gateway.app import create_app
from loupe_gateway.clients import open_clients
from loupe_gateway.settings import GatewaySettings
from loupe_kit.testing import make_user, running_server
from tests.integration.gateway.fakes import FakeServices


@dataclass
class Running:
    http: httpx.AsyncClient
    services: FakeServices
    user_id: str


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    services, ada = FakeServices(), make_user()
    async with running_server(services.registrations()) as server:
        clients = open_clients(
            GatewaySettings(
                auth_target=server.target,
                project_target=server.target,
                inference_target=server.target,
                reduction_target=server.target,
            )
        )
        headers = dict(server.metadata(ada))
        transport = httpx.ASGITransport(create_app(clients), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://loupe", headers=headers) as http:
            yield Running(http, services, ada.id)
        await clients.close()


async def test_unary__answers_json_as_the_caller(running: Running) -> None:
    answer = await running.http.get("/v1/projects/p")

    assert answer.status_code == 200
    assert answer.json()["displayName"] == "Line 3"
    assert answer.json()["owner"] == running.user_id
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


async def test_error__has_status_reason_and_metadata(running: Running) -> None:
    answer = await running.http.get("/v1/projects/other")

    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (404, "NOT_FOUND")
    info = next(detail for detail in error["details"] if detail["@type"].endswith("ErrorInfo"))
    assert (info["reason"], info["domain"], info["metadata"]["project"]) == (
        "PROJECT_NOT_FOUND",
        "loupe",
        "projects/other",
    )


async def test_error__names_the_field(running: Running) -> None:
    answer = await running.http.post("/v1/projects", json={})

    violations = [detail for detail in answer.json()["error"]["details"] if detail["@type"].endswith("BadRequest")]
    assert answer.status_code == 400
    assert violations[0]["fieldViolations"][0]["field"] == "project.display_name"


async def test_error__wait_is_a_header(running: Running) -> None:
    answer = await running.http.get("/v1/projects")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_error__inside_stays_inside(running: Running) -> None:
    answer = await running.http.delete("/v1/projects/p")

    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_error__nobody_is_signed_in(running: Running) -> None:
    answer = await running.http.get("/v1/projects/p", headers={"authorization": ""})

    assert answer.status_code == 401


async def test_unknown_path_and_wrong_verb(running: Running) -> None:
    assert (await running.http.get("/v1/nothing")).status_code == 404
    wrong = await running.http.put("/v1/projects/p")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, GET, PATCH")


async def test_stream__is_server_sent_events(running: Running) -> None:
    answer = await running.http.get("/v1/projects/p/operations/o:watch")

    events = answer.text.strip().split("\n\n")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [json.loads(event.removeprefix("data: "))["done"] for event in events[:2]] == [False, True]
    assert events[2].startswith("event: end")


async def test_stream__error_before_the_first_message_is_an_error_answer(running: Running) -> None:
    answer = await running.http.get("/v1/projects/p/operations/gone:watch")

    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


async def test_stream__error_later_is_an_event(running: Running) -> None:
    answer = await running.http.get("/v1/projects/p/operations/breaks:watch")

    kind, data = answer.text.strip().split("\n\n")[-1].split("\n")
    assert kind == "event: error"
    assert json.loads(data.removeprefix("data: "))["error"]["message"] == "It was deleted."


async def test_download__bytes_type_and_name(running: Running) -> None:
    answer = await running.http.get("/v1/projects/p/images/i:download")

    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'attachment; filename="a.png"'
    assert answer.headers["content-length"] == "3000000"
    assert len(answer.content) == 3_000_000


async def test_upload__every_file_arrives_and_is_answered(running: Running) -> None:
    files = [("file", ("a.png", b"a" * 10)), ("file", ("b/c.png", b"b" * 2_000_000)), ("file", ("빈.png", b""))]

    answer = await running.http.post(
        "/v1/projects/p/uploadBatches:upload", files=files, data={"display_name": "Shift 2"}
    )

    assert answer.status_code == 200
    assert running.services.uploads.sizes == {"a.png": 10, "b/c.png": 2_000_000, "빈.png": 0}
    assert [file["fileName"] for file in answer.json()["files"]] == ["a.png", "b/c.png", "빈.png"]
    assert answer.json()["batch"]["name"] == "projects/p/uploadBatches/u"


async def test_upload__refused_project_says_why(running: Running) -> None:
    answer = await running.http.post("/v1/projects/closed/uploadBatches:upload", files={"file": ("a.png", b"a" * 10)})

    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("body", [b"", b"nonsense"])
async def test_upload__no_form(running: Running, body: bytes) -> None:
    answer = await running.http.post("/v1/projects/p/uploadBatches:upload", content=body)

    assert answer.status_code == 400
    assert "multipart/form-data" in answer.json()["error"]["message"]


async def test_upload__form_that_breaks_off_ends_the_stream(running: Running) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nabc'
    headers = {"content-type": "multipart/form-data; boundary=edge"}

    async def body() -> AsyncIterator[bytes]:
        yield head
        await running.services.uploads.began.wait()

    answer = await running.http.post("/v1/projects/p/uploadBatches:upload", content=body(), headers=headers)

    assert answer.status_code == 400
    await asyncio.wait_for(running.services.uploads.broke_off.wait(), 60)


async def test_form__becomes_the_stream_of_an_rpc(running: Running) -> None:
    fields = {"apply_good_rows": "true", "key": "KEY_SHA256", "requestId": "r"}

    answer = await running.http.post(
        "/v1/projects/p/labels:import", data=fields, files={"content": ("라벨.csv", b"x" * 3_000_000)}
    )

    assert answer.json() == {"name": "projects/p/operations/o", "done": True}
    first = running.services.labels.first
    assert (first.parent, first.file_name, first.key, first.apply_good_rows, first.request_id) == (
        "projects/p", "라벨.csv", label_service_pb2.ImportLabelsRequest.KEY_SHA256, True, "r",
    )  # fmt: skip
    assert running.services.labels.size == 3_000_000
    assert running.services.labels.largest <= 1 << 20


async def test_form__small_content_may_be_in_json(running: Running) -> None:
    body = {"fileName": "l.csv", "content": base64.b64encode(b"file_name\n").decode()}

    answer = await running.http.post("/v1/projects/p/labels:import", json=body)

    assert answer.status_code == 200
    assert (running.services.labels.first.file_name, running.services.labels.size) == ("l.csv", 10)


async def test_form__refusal_says_why_however_the_bytes_race(running: Running) -> None:
    files = {"content": ("l.csv", b"x" * 5_000_000)}

    answer = await running.http.post("/v1/projects/closed/labels:import", files=files)

    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"files": [("content", ("a.csv", b"a")), ("content", ("b.csv", b"b"))]}, "more than one file"),
        ({"files": {"content": ("a.csv", b"a")}, "data": {"colour": "red"}}, "no parameter “colour”"),
        ({"files": {"content": ("a.csv", b"a")}, "data": {"replace": "maybe"}}, "cannot be “maybe”"),
        ({"files": {"x": (None, b"a")}}, "holds no file"),
        ({"files": {"file_name": (None, b"a.csv")}}, "holds no file"),
    ],
)
async def test_form__what_is_wrong_with_it(running: Running, form: dict[str, Any], text: str) -> None:
    answer = await running.http.post("/v1/projects/p/labels:import", **form)

    assert answer.status_code == 400
    assert text in answer.json()["error"]["message"]


async def test_form__that_breaks_off_ends_the_stream(running: Running) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="content"; filename="a.csv"\r\n\r\nabc'
    headers = {"content-type": "multipart/form-data; boundary=edge"}

    async def body() -> AsyncIterator[bytes]:
        yield head
        await running.services.labels.began.wait()

    answer = await running.http.post("/v1/projects/p/labels:import", content=body(), headers=headers)

    assert answer.status_code == 400
    await asyncio.wait_for(running.services.labels.broke_off.wait(), 60)


async def test_ready__says_which_service_does_not_serve(running: Running) -> None:
    answer = await running.http.get("/readyz")

    assert answer.status_code == 503
    assert set(answer.json()["services"]) == {
        f"loupe.{name}.v1" for name in ("auth", "project", "inference", "reduction")
    }


async def test_openapi__is_served(running: Running) -> None:
    document = (await running.http.get("/openapi.json")).json()

    assert "/v1/projects/{project}/images:search" in document["paths"]
