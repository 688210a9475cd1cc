"""Alembic's entry: which tables the revisions are about."""

from loupe_kit.sql import run_migration_env
from loupe_project.adapters.sql.tables import Base

run_migration_env(Base.metadata)
