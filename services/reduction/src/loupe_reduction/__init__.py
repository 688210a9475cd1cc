"""Loupe's reduction service: maps, outliers, near-duplicates and selections from feature vectors."""
