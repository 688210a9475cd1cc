"""The SQL store: tables, repositories, unit of work. Runs on SQLite and on MariaDB."""
