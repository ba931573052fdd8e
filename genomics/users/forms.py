import zoneinfo

from django import forms

from genomics.users.models import User


class ProfileForm(forms.ModelForm[User]):
    """What a user says about themselves; the e-mail address has pages of its own that verify it."""

    class Meta:
        model = User
        fields = ["name", "institution", "time_zone"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "institution": forms.TextInput(attrs={"autocomplete": "organization"}),
            "time_zone": forms.Select,
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = sorted(zoneinfo.available_timezones())
        self.fields["time_zone"].widget.choices = [  # type: ignore[attr-defined]
            ("", "As my browser says"),
            *((zone, zone.replace("_", " ")) for zone in zones),
        ]
