from __future__ import annotations

from loupe_kit.rpc_policy import Access
from loupe_reduction.servicers import curation, reduction


def test_access__services_only() -> None:
    assert {*reduction.ACCESS.values(), *curation.ACCESS.values()} == {Access.SERVICE}
