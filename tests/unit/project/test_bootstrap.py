"""The service as a whole: every RPC is served, and has an access row."""

import importlib
import pkgutil
from pathlib import Path

import loupe.project.v1
from loupe_kit.rpc_policy import Access
from loupe_kit.server import access_table
from loupe_kit.testing import SERVICE_TOKEN_KEY
from loupe_project.bootstrap import bootstrap
from loupe_project.domain.operation import OperationKind
from loupe_project.settings import ProjectSettings

CONTRACTS = [
    importlib.import_module(f"loupe.project.v1.{module.name}")
    for module in pkgutil.iter_modules(loupe.project.v1.__path__)
    if module.name.endswith("_service_pb2")
]


async def test_bootstrap__serves_the_whole_contract(tmp_path: Path) -> None:
    service = bootstrap(ProjectSettings(data_dir=tmp_path, service_token_key=SERVICE_TOKEN_KEY))
    methods = {
        f"/{one.full_name}/{method.name}"
        for contract in CONTRACTS
        for one in contract.DESCRIPTOR.services_by_name.values()
        for method in one.methods
    }

    table = access_table(service.registrations)

    assert {name: access for name, access in table.items() if name.startswith("/loupe.")} == {
        name: Access.SERVICE if "ResultService" in name else Access.USER for name in methods
    }
    assert set(service.resources["handlers"]) == set(OperationKind)
    await service.stop()


async def test_bootstrap__without_a_service_key(tmp_path: Path) -> None:
    try:
        bootstrap(ProjectSettings(data_dir=tmp_path))
    except ValueError as error:
        assert "LOUPE_SERVICE_TOKEN_KEY" in str(error)  # noqa: PT017 - nothing is built, so nothing has to be stopped
    else:
        raise AssertionError("was built")


def test_settings__sqlite_means_alone(tmp_path: Path) -> None:
    assert ProjectSettings(data_dir=tmp_path).is_alone
    assert not ProjectSettings(database_url="mariadb://root@db/project").is_alone
