"""OK and NG as SQL conditions on `images`, by label and by prediction: one place for search and for evaluation.

An image is NG when any of its labels, or its predicted class, or any box of that prediction, is a defect. Facts in
other tables are asked for as `id IN (…)`; every condition is true or false, never NULL.
"""

from sqlalchemy import ColumnElement, and_, not_, or_, select

from loupe_project.adapters.sql.search_boxes import box_condition
from loupe_project.adapters.sql.search_matching import given
from loupe_project.adapters.sql.tables import images, labels
from loupe_project.domain.query import tree, verdicts
from loupe_project.domain.query.fields import BOX_FIELDS

Condition = ColumnElement[bool]

_DEFECT_BOX = tree.Not(tree.TextTerm(BOX_FIELDS["label"], tuple(tree.Pattern((name,)) for name in verdicts.GOOD)))


def verified(project_id: str) -> Condition:
    """The image has a label."""
    return images.c.id.in_(select(labels.c.image_id).where(labels.c.project_id == project_id))


def true_defect(project_id: str) -> Condition:
    """Some label of it is a defect."""
    found = select(labels.c.image_id).where(
        labels.c.project_id == project_id, labels.c.name_folded.not_in(verdicts.GOOD)
    )
    return images.c.id.in_(found)


def true_good(project_id: str) -> Condition:
    """It has labels, and none of them is a defect."""
    return and_(verified(project_id), not_(true_defect(project_id)))


def predicted_defect(project_id: str) -> Condition:
    """The project's model found a defect, as the class of the image or in a box."""
    as_class = given(images.c.label_folded, images.c.label_folded.not_in(verdicts.GOOD))
    return or_(as_class, box_condition(_DEFECT_BOX, project_id))


def predicted_good(project_id: str) -> Condition:
    """The project's model answered, and found no defect; a detector may have found nothing at all."""
    return and_(images.c.model.is_not(None), not_(predicted_defect(project_id)))
