from django.urls import path

from genomics.localaws import views

urlpatterns = [
    path("mailbox/", views.mail_list, name="mailbox"),
    path("mailbox/<str:file>/<int:number>/", views.mail_detail, name="mailbox-mail"),
]
