"""The roof: home and the error pages."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("jobs:list")
    return render(request, "home.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """This function will lead to the logo: browsers ask here for pages that name no icon, as the admin's."""
    return redirect(static("img/logo.svg"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    return render(request, f"{status}.html", status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """This function will show the error page without a request: no session, no user, no database."""
    return HttpResponseServerError(render_to_string("500.html"))
