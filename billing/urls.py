from django.urls import path

from billing import closing_views, views, webhooks

app_name = "billing"
urlpatterns = [
    path("pricing/", views.pricing, name="pricing"),
    path("billing/", views.chosen, {"page": "detail"}, name="home"),
    path("billing/upgrade/", views.chosen, {"page": "upgrade"}, name="upgrade-home"),
    path("billing/<uuid:lab_id>/", views.detail, name="detail"),
    path("billing/<uuid:lab_id>/upgrade/", views.upgrade, name="upgrade"),
    path("billing/<uuid:lab_id>/upgrade/progress/", views.progress, name="progress"),
    path("billing/<uuid:lab_id>/subscribe/", views.subscribe, name="subscribe"),
    path("billing/<uuid:lab_id>/return/", views.returned, name="return"),
    path("billing/<uuid:lab_id>/back/", views.back, name="back"),
    path("billing/<uuid:lab_id>/portal/<str:flow>/", views.manage, name="manage"),
    path("billing/<uuid:lab_id>/keep/", views.keep, name="keep"),
    path("labs/<uuid:lab_id>/delete/", closing_views.delete_lab, name="delete-lab"),
    path("billing/webhooks/<uuid:endpoint>/", webhooks.receive, name="webhook"),
]
