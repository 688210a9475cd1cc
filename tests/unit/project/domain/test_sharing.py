import hashlib
import random
from collections import Counter

import pytest

from loupe_project.domain.sharing import Shared, share_out
from loupe_project.domain.split import Part, fingerprint

EIGHTY = {Part.TRAIN: 0.8, Part.VAL: 0.1, Part.TEST: 0.1}


def checksums(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def by_part(shared: Shared, strata: list[str]) -> dict[str, Counter[Part]]:
    found: dict[str, Counter[Part]] = {}
    for part, stratum in zip(shared.parts, strata, strict=True):
        found.setdefault(stratum, Counter())[part] += 1
    return found


def test_share_out__by_the_fractions_of_each_stratum() -> None:
    strata = ["OK"] * 700 + ["scratch"] * 200 + ["dent"] * 100

    found = by_part(share_out(checksums(1000), strata, [], EIGHTY, 0), strata)

    for stratum, size in (("OK", 700), ("scratch", 200), ("dent", 100)):
        for part, share in EIGHTY.items():
            assert found[stratum][part] == pytest.approx(share * size, abs=1)


def test_share_out__many_small_strata_leave_no_part_empty() -> None:
    strata = [f"class {number // 3}" for number in range(300)]

    sizes = Counter(share_out(checksums(300), strata, [], EIGHTY, 0).parts)

    for part, share in EIGHTY.items():
        assert sizes[part] == pytest.approx(share * 300, abs=10)


def test_share_out__what_is_tied_stays_together_along_chains() -> None:
    ties = [[0, 1], [1, 2], [10, 40], [90, 10], [50], list(range(60, 75))]

    shared = share_out(checksums(100), [""] * 100, ties, EIGHTY, 0)

    groups = {frozenset(group) for group in shared.groups}
    assert groups == {frozenset({0, 1, 2}), frozenset({10, 40, 90}), frozenset(range(60, 75))}
    for group in groups:
        assert len({shared.parts[place] for place in group}) == 1
    sizes = Counter(shared.parts)
    assert (sizes[Part.TRAIN], sizes[Part.VAL], sizes[Part.TEST]) == (80, 10, 10)


def test_share_out__large_groups_of_several_strata() -> None:
    draw = random.Random(7)
    lots = [draw.randrange(60) for _ in range(1200)]
    strata = [draw.choice(["OK", "OK", "OK", "dent"]) for _ in lots]
    ties = [[place for place, its in enumerate(lots) if its == lot] for lot in range(60)]

    shared = share_out(checksums(1200), strata, ties, EIGHTY, 0)

    for lot in range(60):
        assert len({part for part, its in zip(shared.parts, lots, strict=True) if its == lot}) == 1
    found = by_part(shared, strata)
    for stratum, size in Counter(strata).items():
        for part, share in EIGHTY.items():
            assert found[stratum][part] / size == pytest.approx(share, abs=0.03)


def test_share_out__depends_on_seed_and_content_alone() -> None:
    sums = checksums(60)
    strata = [str(number % 2) for number in range(60)]
    order = list(range(60))
    random.Random(1).shuffle(order)

    first = share_out(sums, strata, [[0, 5], [5, 9]], EIGHTY, 3)
    ties = [[order.index(9), order.index(5)], [order.index(0), order.index(5)]]
    again = share_out([sums[place] for place in order], [strata[place] for place in order], ties, EIGHTY, 3)

    assert [again.parts[order.index(place)] for place in range(60)] == list(first.parts)
    assert share_out(sums, strata, [[0, 5], [5, 9]], EIGHTY, 4).parts != first.parts


def test_share_out__no_part_gets_what_it_was_not_to_have() -> None:
    shared = share_out(checksums(10), [""] * 10, [], {Part.TRAIN: 0.5, Part.VAL: 0.0, Part.TEST: 0.5}, 0)

    assert Counter(shared.parts) == {Part.TRAIN: 5, Part.TEST: 5}


def test_fingerprint__knows_no_order() -> None:
    placed = [("b", Part.TRAIN), ("a", Part.TEST)]

    assert fingerprint(placed) == fingerprint(placed[::-1])
    assert fingerprint(placed) != fingerprint([("b", Part.TEST), ("a", Part.TEST)])
