"""The person of the demonstration."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from allauth.account.models import EmailAddress

from genomics.users.models import User

EMAIL = "demo@genomics.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    email: str
    password: str


def ensure(password_file: Path) -> Account:
    """This function will see to a user who can sign in with the password in `password_file`; repeat at will."""
    password = _password(password_file)
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        user = User.objects.create_user(EMAIL, password, name="Demo")
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    return Account(email=EMAIL, password=password)


def _password(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(12))
    return file.read_text().strip()
