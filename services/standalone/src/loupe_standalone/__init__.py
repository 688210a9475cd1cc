"""Loupe in one process: the four services on one port, the gateway on another, all data in one folder."""
