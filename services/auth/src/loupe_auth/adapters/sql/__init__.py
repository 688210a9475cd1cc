"""SQLite and MariaDB through SQLAlchemy."""
