import pytest

from loupe_gateway.path_template import PathTemplate


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("/v1/{name=projects/*}", "/v1/projects/a", {"name": "projects/a"}),
        ("/v1/{name=projects/*}", "/v1/projects/a/images", None),
        ("/v1/{name=projects/*}", "/v1/projects/a:verb", None),
        ("/v1/{parent=projects/*}/images:search", "/v1/projects/a/images:search", {"parent": "projects/a"}),
        (
            "/v1/{name=projects/*/images/*}:thumbnail",
            "/v1/projects/a/images/b:thumbnail",
            {"name": "projects/a/images/b"},
        ),
        ("/v1/{project.name=projects/*}", "/v1/projects/a%20b", {"project.name": "projects/a b"}),
        ("/v1/{name=projects/*}", "/v1/projects/a%2Fimages", {"name": "projects/a/images"}),
        ("/v1/me", "/v1/me", {}),
        ("/v1/me", "/v1/meme", None),
    ],
)
def test_match(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert PathTemplate.parse(template).match(path) == expected


def test_with_plain_names__names_each_id_by_its_collection() -> None:
    path, parameters = PathTemplate.parse("/v1/{name=projects/*/uploadBatches/*}:watch").with_plain_names()

    assert path == "/v1/projects/{project}/uploadBatches/{upload_batch}:watch"
    assert parameters == [("project", "Id of the project."), ("upload_batch", "Id of the upload batch.")]


def test_with_plain_names__irregular_plural() -> None:
    path, _ = PathTemplate.parse("/v1/{name=projects/*/analyses/*}").with_plain_names()

    assert path == "/v1/projects/{project}/analyses/{analysis}"
