"""The service as a whole: every RPC is served, and has an access row."""

from pathlib import Path

from loupe.project.v1 import (
    analysis_service_pb2,
    curation_service_pb2,
    export_service_pb2,
    image_service_pb2,
    label_service_pb2,
    operation_service_pb2,
    project_service_pb2,
    result_service_pb2,
    search_service_pb2,
    tag_service_pb2,
    upload_batch_service_pb2,
)
from loupe_kit.rpc_policy import Access
from loupe_kit.server import access_table
from loupe_kit.testing import SERVICE_TOKEN_KEY
from loupe_project.bootstrap import bootstrap
from loupe_project.domain.operation import OperationKind
from loupe_project.settings import ProjectSettings

CONTRACTS = (
    analysis_service_pb2,
    curation_service_pb2,
    export_service_pb2,
    image_service_pb2,
    label_service_pb2,
    operation_service_pb2,
    project_service_pb2,
    result_service_pb2,
    search_service_pb2,
    tag_service_pb2,
    upload_batch_service_pb2,
)


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
