"""The search index: the facts of a project's images in memory, column by column, kept current from the SQL store."""
