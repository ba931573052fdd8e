"""How long the codes that we mail are good for."""

from allauth.account import app_settings
from django import template

register = template.Library()


@register.simple_tag
def code_lifetime(purpose: str) -> str:
    """This function will write a code's lifetime: “15 minutes”.

    `purpose` is EMAIL_VERIFICATION, PASSWORD_RESET or LOGIN, as allauth's settings name it; AttributeError otherwise.
    """
    minutes = getattr(app_settings, f"{purpose}_BY_CODE_TIMEOUT") // 60
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
