"""What callers name: found as they know it, or the error that says what is wrong."""

from __future__ import annotations

from loupe_auth.domain.errors import DepartmentNotFound, EtagMismatch, UserNotFound
from loupe_auth.domain.users import Department, User
from loupe_auth.ports import Transaction


async def department(tx: Transaction, department_id: str) -> Department:
    """Returns a department that somebody named.

    Raises:
        DepartmentNotFound: there is none.
    """
    found = await tx.departments.get(department_id)
    if found is None:
        name = f"departments/{department_id}"
        raise DepartmentNotFound(f"There is no {name}; choose one from the list of departments.", name=name)
    return found


async def user(tx: Transaction, user_id: str) -> User:
    """Returns a person that somebody named.

    Raises:
        UserNotFound: there is none.
    """
    found = await tx.users.get(user_id)
    if found is None:
        raise no_user(user_id)
    return found


def no_user(user_id: str) -> UserNotFound:
    """Returns the error of a person that does not exist for the caller."""
    name = f"users/{user_id}"
    return UserNotFound(f"There is no {name}; look the person up by name.", name=name)


def stale(name: str) -> EtagMismatch:
    """Returns the error of whoever was slower."""
    return EtagMismatch(f"{name} was changed meanwhile; read it again and repeat the change.", name=name)
