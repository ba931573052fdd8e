from django.urls import path

from genomics.labs import invitation_views, views

app_name = "labs"
urlpatterns = [
    path("labs/", views.lab_list, name="list"),
    path("labs/new/", views.new, name="new"),
    path("labs/<uuid:lab_id>/", views.detail, name="detail"),
    path("labs/<uuid:lab_id>/edit/", views.edit, name="edit"),
    path("labs/<uuid:lab_id>/leave/", views.leave, name="leave"),
    path("labs/<uuid:lab_id>/members/<int:membership_id>/role/", views.change_role, name="change-role"),
    path("labs/<uuid:lab_id>/members/<int:membership_id>/remove/", views.remove, name="remove"),
    path("labs/<uuid:lab_id>/invite/", views.invite, name="invite"),
    path("labs/<uuid:lab_id>/invitations/<int:invitation_id>/send-again/", views.send_again, name="send-again"),
    path("labs/<uuid:lab_id>/invitations/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("invitations/<str:token>/", invitation_views.invitation, name="invitation"),
]
