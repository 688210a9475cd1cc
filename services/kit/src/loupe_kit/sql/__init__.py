"""SQL storage: engine, base of the tables, unit of work, migrations, ledger of answered requests."""

from loupe_kit.sql.base import IdType, SqlBase, UtcDateTime
from loupe_kit.sql.engine import create_engine, empty_log, is_conflict
from loupe_kit.sql.ledger import RequestLedger, forget_requests
from loupe_kit.sql.migrate import run_migration_env, schema_differences, upgrade
from loupe_kit.sql.uow import UnitOfWork, UowFactory

__all__ = [
    "IdType",
    "RequestLedger",
    "SqlBase",
    "UnitOfWork",
    "UowFactory",
    "UtcDateTime",
    "create_engine",
    "empty_log",
    "forget_requests",
    "is_conflict",
    "run_migration_env",
    "schema_differences",
    "upgrade",
]
