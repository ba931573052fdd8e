from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from genomics.users.models import Lab


class LabNameForm(forms.Form):
    """The name of the lab that is to be deleted, written by the person who wants it."""

    name = forms.CharField(
        label="To confirm, write the name of the lab",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, lab: Lab, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lab = lab

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip() != self._lab.name.strip():
            raise ValidationError("This is not the name of the lab. Write it as it stands above.")
        return name
