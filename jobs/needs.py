"""Which rows must stay because rows of upper floors, which jobs know nothing of, point to them."""

from collections.abc import Iterator
from typing import TypeVar

from django.db import models
from django.db.models import CASCADE, PROTECT, RESTRICT, Exists, ForeignObjectRel, OuterRef, QuerySet

M = TypeVar("M", bound=models.Model)


def free_of_upper_floors(rows: QuerySet[M]) -> QuerySet[M]:
    """This function will leave out the rows that cannot be deleted yet; it only reads."""
    for pointing in _pointing(rows.model, path=""):
        rows = rows.exclude(Exists(pointing))
    return rows


def _pointing(model: type[models.Model], *, path: str) -> Iterator[QuerySet[models.Model]]:
    """This function will give, table by table, the rows that hold a row of the outer query, or what goes with it."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue
        above: type[models.Model] = relation.related_model
        name = f"{relation.field.name}{path}"
        if relation.on_delete in (PROTECT, RESTRICT):
            yield above._base_manager.filter(**{name: OuterRef("pk")})
        elif relation.on_delete == CASCADE and above != model:
            yield from _pointing(above, path=f"__{name}")
