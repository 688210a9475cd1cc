"""Resource names: `projects/{project}/images/{image}` and the like, built and taken apart."""

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument


def join(*parts: str) -> str:
    """Name of a resource: `join("projects", p, "images", i)`."""
    return "/".join(parts)


def split(pattern: str, name: str, field: str = "name") -> tuple[str, ...]:
    """Ids in `name`, in the order of the placeholders of `pattern`.

    Args:
        pattern: Such as `projects/{project}/images/{image}`.
        name: What the caller sent.
        field: Path of the field in the request that held it.

    Raises:
        InvalidArgument: If the name has another form. Whether ids exist is not looked at.
    """
    wanted, given = pattern.split("/"), name.split("/")
    if len(wanted) == len(given):
        ids = [g for w, g in zip(wanted, given, strict=True) if w.startswith("{")]
        fixed = all(w == g for w, g in zip(wanted, given, strict=True) if not w.startswith("{"))
        if fixed and all(0 < len(one) <= 63 for one in ids):
            return tuple(ids)
    fault = f"{name[:200]!r} is not a resource name of" if name else f"{field} is missing; give a name of"
    way_out = " ListModels names those there are." if pattern.startswith("models/") else ""
    raise InvalidArgument(
        f"{fault} the form {pattern}.{way_out}",
        fields=[FieldViolation(field, f"must have the form {pattern}")],
        name=name[:200],
        form=pattern,
    )


def checked_id(text: str, field: str) -> str:
    """An id in its one written form.

    Raises:
        InvalidArgument: If it is none.
    """
    try:
        return str(ids.parse_id(text))
    except ids.IdInvalid as error:
        raise InvalidArgument(
            f"{text[:64]!r} is not an id; give a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057.",
            fields=[FieldViolation(field, "must be a UUID")],
            value=text[:64],
        ) from error


def project(project_id: str) -> str:
    """Name of a project."""
    return f"projects/{project_id}"


def image(project_id: str, image_id: str) -> str:
    """Name of an image."""
    return f"projects/{project_id}/images/{image_id}"


def tag(project_id: str, tag_id: str) -> str:
    """Name of a tag."""
    return f"projects/{project_id}/tags/{tag_id}"


def label(project_id: str, image_id: str, label_id: str) -> str:
    """Name of a label."""
    return f"projects/{project_id}/images/{image_id}/labels/{label_id}"


def operation(project_id: str, operation_id: str) -> str:
    """Name of an operation."""
    return f"projects/{project_id}/operations/{operation_id}"


def upload_batch(project_id: str, batch_id: str) -> str:
    """Name of an upload batch."""
    return f"projects/{project_id}/uploadBatches/{batch_id}"
