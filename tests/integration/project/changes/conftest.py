"""Both databases, as the contract tests have them."""

from tests.contract.ports.project.conftest import database_url, units

__all__ = ["database_url", "units"]
