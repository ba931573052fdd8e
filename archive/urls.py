from django.urls import path

from archive import views

app_name = "archive"
urlpatterns = [
    path("jobs/<uuid:job_id>/receipt.json", views.receipt, name="receipt"),
    path("jobs/<uuid:job_id>/postpone/", views.postpone, name="postpone"),
]
