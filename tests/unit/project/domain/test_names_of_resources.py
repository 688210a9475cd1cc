"""Resource names and folded texts."""

import pytest

from loupe_kit.errors import InvalidArgument
from loupe_project.domain import keys, names
from loupe_project.domain.text import fold


def test_split__ids_in_order() -> None:
    assert names.split("projects/{project}/images/{image}", "projects/a/images/b") == ("a", "b")


@pytest.mark.parametrize("name", ["", "projects", "projects/", "projects/a/b", "tags/a", "projects/" + "x" * 64])
def test_split__another_form(name: str) -> None:
    with pytest.raises(InvalidArgument) as fault:
        names.split("projects/{project}", name, "parent")

    assert fault.value.fields[0].field == "parent"
    assert fault.value.metadata["form"] == "projects/{project}"


def test_split__missing_field_is_named() -> None:
    with pytest.raises(InvalidArgument, match=r"^project\.model is missing; .*ListModels names those there are\.$"):
        names.split("models/{model}", "", "project.model")


def test_checked_id__one_written_form() -> None:
    assert names.checked_id("01890A5D-AC96-774B-BCCE-B302099A8057", "x") == "01890a5d-ac96-774b-bcce-b302099a8057"
    with pytest.raises(InvalidArgument):
        names.checked_id("7", "x")


def test_names_and_keys() -> None:
    assert names.label("p", "i", "l") == "projects/p/images/i/labels/l"
    assert keys.image("p", "i").startswith(keys.project_prefix("p"))
    assert keys.thumbnail("p", "i") == "projects/p/thumbnails/i.jpg"


def test_fold__case_and_unicode_form_do_not_count() -> None:
    assert fold("STRASSE") == fold("stra\u00dfe")
    assert fold("\u1109\u1173") == fold("\uc2a4")
    assert fold("\u00df" * 10, 3) == "sss"
