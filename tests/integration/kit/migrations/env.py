from loupe_kit.sql import run_migration_env
from tests.integration.kit.tables import Base

run_migration_env(Base.metadata)
