"""Shared runtime of Loupe's services. Import the modules, not names from here."""
