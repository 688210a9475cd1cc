"""The command `loupe`: uploads, searches and exports from a terminal or a script."""

from loupe_client.cli.main import main

__all__ = ["main"]
