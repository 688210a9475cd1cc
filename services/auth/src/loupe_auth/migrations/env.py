"""Alembic's entry: which tables the revisions are about."""

from loupe_auth.adapters.sql.tables import Base
from loupe_kit.sql import run_migration_env

run_migration_env(Base.metadata)
