"""The INFO text of one entry of a track."""

from annotator.definitions import Cells, TrackDefinition


def info_text(definition: TrackDefinition, cells: Cells) -> bytes:
    """Render all fields that have a value; empty when none has."""
    values = ((field.id, field.form(cells)) for field in definition.fields)
    return ";".join(f"{name}={value}" for name, value in values if value).encode()
