from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from genomics.users.forms import ProfileForm
from genomics.users.models import Membership, User


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
