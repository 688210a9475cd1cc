"""Leaving a field out of a query, so that its facet shows what else there would be."""

from loupe_project.domain.query.tree import And, Everything, Field, Node, Not, Or, StateTerm, Term


def without(node: Node, field: Field) -> Node:
    """The query without its terms on one field; brackets and NOTs left empty go with them."""
    return _without(node, field) or Everything()


def _without(node: Node, field: Field) -> Node | None:
    match node:
        case And(children):
            kept = _kept(children, field)
            return And(kept) if kept else None
        case Or(children):
            kept = _kept(children, field)
            return Or(kept) if kept else None
        case Not(child):
            inner = _without(child, field)
            return None if inner is None else Not(inner)
        case _:
            return None if _is_on(node, field) else node


def _kept(children: tuple[Node, ...], field: Field) -> tuple[Node, ...]:
    return tuple(left for left in (_without(child, field) for child in children) if left is not None)


def _is_on(node: Node, field: Field) -> bool:
    if isinstance(node, StateTerm):
        return field.name == "is"
    if isinstance(node, Term):
        own = getattr(node, "field", None)
        return own == field or (own is None and field.name == "model")
    return False
