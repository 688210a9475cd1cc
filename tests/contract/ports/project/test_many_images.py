"""What is asked for very many images at once is the same as for few, in both databases."""

from loupe_kit import ids
from loupe_project.adapters.sql.many_images import IDS_A_STATEMENT
from loupe_project.domain.query import fields
from loupe_project.domain.query.tree import Field
from tests.contract.ports.project.builders import LOUPE, Units, add_image, add_project

# Ids that no image has: with them the list is long enough to be answered by reading the whole project.
STRANGERS = [ids.new_id() for _ in range(IDS_A_STATEMENT)]


def _field(name: str) -> Field:
    field = fields.find(name)
    assert field is not None
    return field


async def test_existing__few_and_many(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    mine = {await add_image(units, project) for _ in range(3)}
    foreign = await add_image(units, other)

    async with units(read_only=True) as unit:
        for asked in ([*mine, foreign], [*STRANGERS, *mine, foreign]):
            assert await unit.images.existing(LOUPE, project.id, asked) == mine
        # Of what the project has, only what is asked for.
        assert await unit.images.existing(LOUPE, project.id, STRANGERS) == set()


async def test_point_values__few_and_many(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    first = await add_image(units, project, metadata={"shade": "dark"}, tags=("rare", "common"))
    second = await add_image(units, project, metadata={"shade": 3.5}, tags=("common",))
    unasked = await add_image(units, project, metadata={"shade": "light"}, tags=("alone",))
    foreign = await add_image(units, other, metadata={"shade": "other"}, tags=("common",))

    async with units(read_only=True) as unit:
        for asked in ([first, second, foreign], [*STRANGERS, first, second, foreign]):
            shades = await unit.analyses.point_values(LOUPE, project.id, _field("meta.shade"), asked)
            tags = await unit.analyses.point_values(LOUPE, project.id, _field("tag"), asked)
            formats = await unit.analyses.point_values(LOUPE, project.id, _field("format"), asked)

            assert shades == {first: "dark", second: 3.5}
            assert tags == {first: "common", second: "common"}
            assert set(formats) == {first, second}
            assert unasked not in shades


async def test_point_values__of_equally_frequent_tags_the_first_by_name(units: Units) -> None:
    project = await add_project(units)
    image = await add_image(units, project, tags=("b", "a", "ab"))

    async with units(read_only=True) as unit:
        assert await unit.analyses.point_values(LOUPE, project.id, _field("tag"), [image]) == {image: "a"}
