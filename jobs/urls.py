from django.urls import path

from jobs import upload_views, views

app_name = "jobs"
urlpatterns = [
    path("jobs/", views.job_list, name="list"),
    path("jobs/new/", upload_views.new, name="new"),
    path("jobs/<uuid:job_id>/", views.detail, name="detail"),
    path("jobs/<uuid:job_id>/status/", views.status, name="status"),
    path("jobs/<uuid:job_id>/status.json", views.status_json, name="status-json"),
    path("jobs/<uuid:job_id>/log/", views.log, name="log"),
    path("jobs/<uuid:job_id>/preview/", views.preview, name="preview"),
    path("jobs/<uuid:job_id>/files/<str:kind>/", views.file, name="file"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("jobs/<uuid:job_id>/retry/", views.retry, name="retry"),
    path("jobs/<uuid:job_id>/delete/", views.delete, name="delete"),
    path("uploads/begin/", upload_views.begin, name="upload-begin"),
    path("uploads/<uuid:job_id>/", upload_views.look, name="upload-look"),
    path("uploads/<uuid:job_id>/sign/", upload_views.sign, name="upload-sign"),
    path("uploads/<uuid:job_id>/finish/", upload_views.finish, name="upload-finish"),
    path("uploads/<uuid:job_id>/abandon/", upload_views.abandon, name="upload-abandon"),
]
