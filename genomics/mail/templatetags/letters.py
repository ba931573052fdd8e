"""For the templates of mails."""

from django import template

from genomics import lines

register = template.Library()


@register.filter
def one_line(text: str) -> str:
    return lines.one_line(text)
