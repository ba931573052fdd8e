"""Mails of our own: one template as text, one as HTML, in the outbox."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from genomics.mail import outbox
from genomics.mail.models import Mail


def post(key: str, *, recipient: str, subject: str, template: str, context: dict[str, Any]) -> Mail:
    """This function will queue the mail that `<template>.txt` and `<template>.html` make of the context.

    The templates find the address of the site as `site`.
    """
    context = {**context, "site": settings.WEB_ORIGIN}
    return outbox.enqueue(
        key,
        recipient=recipient,
        subject=subject,
        text=render_to_string(f"{template}.txt", context),
        html=render_to_string(f"{template}.html", context),
    )
