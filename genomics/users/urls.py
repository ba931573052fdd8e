from django.urls import path

from genomics.users import views

app_name = "users"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("labs/<uuid:lab_id>/choose/", views.choose_lab, name="choose-lab"),
]
