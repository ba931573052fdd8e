"""How allauth makes users and sends its mails: with a personal lab, and through our outbox."""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from genomics.mail import outbox
from genomics.users.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        # said after wrong passwords, after wrong codes, and when codes are asked for too often
        "too_many_login_attempts": "Too many tries. Wait a few minutes, then sign in again.",
    }

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        user = super().save_user(request, user, form, commit=False)
        return User.objects.save_with_lab(user) if commit else user

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = self.render_mail(template_prefix, email, context)
        html = next((body for body, kind in getattr(message, "alternatives", []) if kind == "text/html"), "")
        outbox.enqueue(
            f"{template_prefix}/{uuid.uuid4()}",
            recipient=email,
            subject=message.subject,
            text=message.body,
            html=html,
        )
