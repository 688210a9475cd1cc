"""The HTTP door of Loupe: REST routes read from the contracts, uploads, downloads, events and the web UI."""
