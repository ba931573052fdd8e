import uuid

from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from genomics.users import labs
from genomics.users.forms import ProfileForm
from genomics.users.models import Lab, Membership, User


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        User.objects.filter(pk=request.user.pk).update(**form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("users:profile")
    memberships = Membership.objects.filter(user=request.user).select_related("lab").order_by("id")
    return render(request, "users/profile.html", {"form": form, "memberships": memberships})


@login_required
@require_POST
def choose_lab(request: HttpRequest, lab_id: uuid.UUID) -> HttpResponse:
    assert isinstance(request.user, User)
    labs.choose(request, lab=get_object_or_404(Lab.objects.of(request.user), pk=lab_id))
    return redirect(get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL)
