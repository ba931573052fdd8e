from typing import Any

from django import forms
from django.http import QueryDict

from genomics.users.forms import LineField
from genomics.users.models import Lab, Role


class NameForm(forms.ModelForm[Lab]):
    """A lab's name, on one line."""

    class Meta:
        model = Lab
        fields: Any = ("name",)
        field_classes = {"name": LineField}


class LabForm(NameForm):
    """What owners say about their lab."""

    class Meta(NameForm.Meta):
        fields = ("name", "email")
        labels = {"email": "Contact email"}
        help_texts = {"email": "Notices about the lab go there."}


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="Email address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(choices=Role, initial=Role.MEMBER)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="invitation_%s")  # the page has another form with an address


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role)
