from django.urls import path

from billing import webhooks

app_name = "billing"
urlpatterns = [
    path("billing/webhooks/<uuid:endpoint>/", webhooks.receive, name="webhook"),
]
