"""Which lab a page is about: the one that its user chose last, in whichever browser."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from genomics.users.models import Lab, User

_KNOWN = "_lab_choice"  # where a request keeps its answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The labs that a user may choose from, oldest membership first, and the one that counts now."""

    labs: tuple[Lab, ...]
    current: Lab | None  # None: the user belongs to no lab


def chosen(request: HttpRequest) -> Lab | None:
    """This function will give the lab that new jobs and pages are for; None when the user belongs to no lab.

    That is the lab chosen last while the user still belongs to it, else the lab of the oldest membership.
    """
    return _choice(request).current


def choose(request: HttpRequest, *, lab: Lab) -> None:
    """This function will remember a lab, which the caller has checked to be one of the user's own."""
    assert isinstance(request.user, User)
    User.objects.filter(pk=request.user.pk).update(current_lab=lab)
    request.user.current_lab = lab
    vars(request).pop(_KNOWN, None)


def for_navigation(request: HttpRequest) -> dict[str, Any]:
    """This function will give templates `lab_choice`; it costs its one query only where a page looks at it."""
    return {"lab_choice": SimpleLazyObject(lambda: _choice(request))}


def _choice(request: HttpRequest) -> Choice:
    """This function will give the user's choice, which is asked for once in each request."""
    known: dict[int | None, Choice] = vars(request).setdefault(_KNOWN, {})  # by user, who may sign in meanwhile
    if request.user.pk not in known:
        known[request.user.pk] = _ask(request)
    return known[request.user.pk]


def _ask(request: HttpRequest) -> Choice:
    user = request.user
    if not user.is_authenticated:
        return Choice(labs=(), current=None)
    labs = tuple(Lab.objects.of(user))
    remembered = (lab for lab in labs if lab.pk == user.current_lab_id)
    return Choice(labs=labs, current=next(remembered, labs[0] if labs else None))
