"""Form fields in the product's look."""

from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def styled(field: BoundField) -> SafeString:
    """This function will render a field's widget with the classes of its kind; labels say what placeholders would."""
    widget = field.field.widget
    widget.attrs.pop("placeholder", None)
    attrs: dict[str, Any] = {"class": f"{_class(widget)}{' is-invalid' if field.errors else ''}"}
    return field.as_widget(attrs=attrs)


def _class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"
