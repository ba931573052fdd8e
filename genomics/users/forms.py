import zoneinfo
from typing import Any

from django import forms

from genomics.lines import one_line
from genomics.users.models import User

# The rest of the time zone database are old names and abbreviations.
_AREAS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


def _time_zones() -> list[tuple[str, str]]:
    zones = sorted(zone for zone in zoneinfo.available_timezones() if zone.partition("/")[0] in _AREAS)
    return [("", "As my browser says"), *((zone, zone.replace("_", " ")) for zone in ("UTC", *zones))]


class LineField(forms.CharField):
    """A name of somebody or something: one line that changes nothing around it, wherever it is shown."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text if "\0" in text else one_line(text)  # no slip of anybody's: the field's own check refuses it


class ProfileForm(forms.ModelForm[User]):
    """What a user says about themselves; the e-mail address has pages of its own that verify it."""

    time_zone = forms.ChoiceField(choices=_time_zones, required=False)

    class Meta:
        model = User
        fields = (
            "name",
            "institution",
            "time_zone",
            "mail_when_done",
            "mail_when_failed",
            "mail_when_archived",
            "mail_when_restored",
        )
        field_classes = {"name": LineField, "institution": LineField}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "institution": forms.TextInput(attrs={"autocomplete": "organization"}),
        }
        help_texts = {
            "mail_when_done": "With the counts of its records and a link to its page. One mail for each job.",
            "mail_when_failed": "With the reason, and what to do about it.",
            "mail_when_archived": "One mail for several; an hour before, where results are kept for longer than that.",
            "mail_when_restored": "With their names, once all that was asked back together is here.",
        }
