"""For the templates of mails."""

from django import template

from genomics.mail import wording

register = template.Library()


@register.filter
def one_line(text: str) -> str:
    return wording.one_line(text)
