"""A project whose model finds objects: from the upload to boxes in searches and exports."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from loupe_client import Client, InvalidRequest, NotReady, UploadFile
from loupe_client.demo.server import StandaloneProcess
from loupe_inference.models import nanodet, weights
from tests.e2e.watched_page import WatchedPage

EMAIL, PASSWORD = "ada@plant.example", "a long enough pass phrase"
PHOTOS = Path(__file__).parents[1] / "contract" / "models" / "photos"

pytestmark = pytest.mark.skipif(
    not (weights.fetched_folder() / nanodet.FILE_NAME).is_file(), reason="no weights of NanoDet here: make models"
)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    started = StandaloneProcess(tmp_path_factory.mktemp("detection"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def loupe(process: StandaloneProcess) -> Iterator[Client]:
    with Client(process.grpc) as client:
        client.verify_email(client.sign_up(EMAIL, PASSWORD, "Ada"), process.mailed_code(EMAIL))
        client.sign_in(EMAIL, PASSWORD)
        yield client


@pytest.fixture(scope="module")
def project(loupe: Client) -> str:
    """Three analysed images: an astronaut, a cat, and one in which there is nothing."""
    name = loupe.create_project("Around the line", "models/nanodet-coco").name
    plain = io.BytesIO()
    Image.new("RGB", (320, 200), "grey").save(plain, "PNG")
    files = [UploadFile(path.name, path.read_bytes()) for path in sorted(PHOTOS.glob("*.jpg"))]
    for _ in loupe.uploads.send(name, [*files, UploadFile("plain.png", plain.getvalue())]):
        pass
    deadline = time.monotonic() + 120
    while loupe.images.count(name, "is:pending"):
        assert time.monotonic() < deadline, "images are still pending"
        time.sleep(0.1)
    return name


@pytest.mark.timeout(300)
def test_boxes__are_the_images_predictions(loupe: Client, project: str) -> None:
    images = {image.file_name: image for image in loupe.images.search(project)}

    assert {image.state for image in images.values()} == {"ANALYSED"}
    (prediction,) = images["astronaut.jpg"].predictions
    best = prediction.boxes[0]
    assert (best.label, prediction.model) == ("person", "nanodet-coco")
    assert (best.x, best.y, best.width, best.height) == pytest.approx((10, 10, 360, 490), abs=20)
    assert not images["plain.png"].predictions[0].boxes


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("box[label:person]", 1),
        ("box[label:person conf>0.5 area>10000]", 1),
        ("box[label:person w<100]", 0),
        ("count(box[label:cat])>=1", 1),
        ("count(box[conf>0])=0", 1),
        ("box[model:nanodet-coco]", 2),
    ],
)
def test_boxes__are_searched(loupe: Client, project: str, query: str, count: int) -> None:
    assert loupe.images.count(project, query) == count


@pytest.mark.timeout(300)
def test_objects__like_one_of_them(loupe: Client, project: str) -> None:
    images = {image.name: image for image in loupe.images.search(project)}
    astronaut = next(image for image in images.values() if image.file_name == "astronaut.jpg")

    found = loupe.similar.find_objects(astronaut.name, 0, count=1000)

    boxes = {name: image.predictions[0].boxes for name, image in images.items()}
    assert len(found) == sum(map(len, boxes.values())) - 1
    assert (astronaut.name, 0) not in {(one.image, one.object) for one in found}
    assert all(one.box == boxes[one.image][one.object] for one in found)
    assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)
    only_cat = loupe.similar.find_objects(astronaut.name, 0, query="box[label:cat]")
    assert only_cat
    assert all(one.file_name != "astronaut.jpg" for one in only_cat)
    with pytest.raises(NotReady) as caught:
        loupe.similar.find_objects(astronaut.name, 299)
    assert caught.value.reason == "FEATURES_MISSING"


@pytest.mark.timeout(300)
def test_picture__like_no_file_of_the_project(loupe: Client, project: str) -> None:
    count = loupe.images.count(project)

    found = loupe.similar.find_like_picture(project, PHOTOS / "astronaut.jpg")

    assert found[0].file_name == "astronaut.jpg"
    assert found[0].similarity > 0.99 > found[1].similarity
    assert loupe.images.count(project) == count
    with pytest.raises(InvalidRequest) as caught:
        loupe.similar.find_like_picture(project, b"no picture at all")
    assert caught.value.reason == "IMAGE_UNDECODABLE"


@pytest.mark.timeout(300)
def test_boxes__are_exported(loupe: Client, project: str, tmp_path: Path) -> None:
    export = loupe.exports.create(project, "", ["COCO", "YOLO"]).result()
    loupe.exports.download(export.name, tmp_path / "export.zip")

    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        coco = json.loads(archive.read("coco/predictions.json"))
        yolo = {
            Path(name).stem: archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith("yolo/predictions/")
        }
    names = {category["id"]: category["name"] for category in coco["categories"]}
    people = [one for one in coco["annotations"] if names[one["category_id"]] == "person"]
    assert [one["bbox"] for one in people] == [pytest.approx((10, 10, 360, 490), abs=20)]
    assert len(coco["images"]) == 3
    assert sorted(bool(text) for text in yolo.values()) == [False, True, True]


@pytest.mark.timeout(600)  # the first time a browser may have to be installed
async def test_objects__by_a_click_on_a_box(
    browser: Browser, process: StandaloneProcess, loupe: Client, project: str
) -> None:
    astronaut = next(image for image in loupe.images.search(project) if image.file_name == "astronaut.jpg")
    async with WatchedPage.open(browser, process.http, locale="en-GB") as tab:
        page = tab.page
        await page.goto("/")
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("link", name="Around the line")).to_be_visible(timeout=60_000)
        await page.goto(f"/{astronaut.name}")
        box = page.get_by_title("Show objects like this one").filter(has_text="person").first
        await box.click()
        like = page.get_by_role("list", name="Similar objects").get_by_role("button")
        await expect(like.first).to_be_visible(timeout=120_000)
        await tab.picture("similar-objects")
        await tab.check_accessibility("similar-objects")
        await like.filter(has_text="cat").first.click()
        await expect(page.get_by_role("main", name="cat.jpg")).to_be_visible()
        await expect(page.get_by_role("list", name="Similar objects")).to_have_count(0)
    assert not tab.faults, "\n".join(tab.faults)
