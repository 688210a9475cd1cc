"""Accounts, sessions, departments, API keys, signing keys and the audit of Loupe."""
