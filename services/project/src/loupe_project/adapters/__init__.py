"""The real stores and services behind the ports."""
