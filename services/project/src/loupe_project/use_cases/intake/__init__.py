"""Taking files in: one stream, one archive, one table, one feature file at a time."""
