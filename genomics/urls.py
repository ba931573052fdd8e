"""All addresses of the site."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from genomics import rates, views

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "Genomics Cloud"
admin.site.site_title = "Genomics Cloud"

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler429 = rates.refuse  # asked for by allauth
handler500 = views.server_error

urlpatterns = [
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("accounts/", include("allauth.urls")),
    path("", include("genomics.users.urls")),
    path("", include("genomics.labs.urls")),
    path("", include("jobs.urls")),
    path("", include("archive.urls")),
    path("", include("billing.urls")),
    path("admin/", admin.site.urls),
]
if settings.LOCAL_AWS:
    urlpatterns.append(path("", include("genomics.localaws.urls")))
