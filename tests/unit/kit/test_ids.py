import threading
import time
import uuid

import pytest

from loupe_kit import ids
from loupe_kit.errors import Code, InvalidArgument


def test_new_id__is_a_uuid7_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(ids.new_id())
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    # A burst of ids may run ahead of the clock by some of its 1/4096 ms steps.
    assert before <= made.int >> 80 <= after + 5


def test_new_id__sorts_by_age_and_is_unique_over_threads() -> None:
    made: list[list[str]] = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda own=own: own.extend(ids.new_id() for _ in range(2000))) for own in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(own == sorted(own) for own in made)
    assert len({one for own in made for one in own}) == 8000


def test_parse_id__reads_its_own() -> None:
    text = ids.new_id()
    assert str(ids.parse_id(text)) == text
    assert ids.parse_id(text.upper()) == ids.parse_id(text)


@pytest.mark.parametrize(
    "text",
    ["", "1", "x" * 36, "{01890a5d-ac96-774b-bcce-b302099a8057}", "01890a5dac96774bbcceb302099a8057", "a" * 9999],
)
def test_parse_id__refuses(text: str) -> None:
    with pytest.raises(InvalidArgument, match="give a UUID") as caught:
        ids.parse_id(text)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert len(caught.value.message) < 200


def test_pack_ids__round_trip() -> None:
    some = [ids.new_id() for _ in range(100)]
    packed = ids.pack_ids(some)
    assert len(packed) == 1600
    assert ids.unpack_ids(packed) == some
    assert ids.unpack_ids(ids.pack_ids([])) == []


@pytest.mark.parametrize(
    "bad",
    [
        "01890a5dac96774bbcceb302099a8057----",
        "01890a5d-ac96-774b-bcce-b302099a8057 ",
        "01890a5d-ac96-774b-bcce-b302099a80 7",
        "01890a5d-ac96-774b-bcce-b30209  8057",
        "01890a5d-ac96-774b-bcce-b302099a80-7",
        "01890a5d-ac96-774b-bcce-b302099a805é",
        "",
    ],
)
def test_pack_ids__refuses_what_is_no_id(bad: str) -> None:
    with pytest.raises(ids.IdInvalid):
        ids.pack_ids([ids.new_id(), bad, ids.new_id()])


def test_pack_ids__refuses_two_that_are_right_only_together() -> None:
    one, two = ids.new_id(), ids.new_id()
    with pytest.raises(ids.IdInvalid):
        ids.pack_ids([one + two[:1], two[1:]])


def test_unpack_ids__refuses_odd_lengths() -> None:
    with pytest.raises(ids.IdInvalid, match="16"):
        ids.unpack_ids(b"x" * 17)


def test_derived_id__is_an_id_of_its_own() -> None:
    one, two = ids.new_id(), ids.new_id()

    derived = ids.derived_id(one, two)

    assert ids.parse_id(derived).version == 7
    assert ids.derived_id(one, two) == derived
    assert len({derived, ids.derived_id(two, one), ids.derived_id(one, one), one, two}) == 5
    assert derived[:13] == one[:13]
