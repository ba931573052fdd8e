"""The sessions in which a user is signed in."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from genomics.users.models import User


def end_all(user: User) -> int:
    """This function will sign a user out everywhere and give the number of sessions that ended.

    A session holds its user in its signed data alone, so all are read: this is for the rare act of an admin.
    """
    own = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    return Session.objects.filter(session_key__in=own).delete()[0]
