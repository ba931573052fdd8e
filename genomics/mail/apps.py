from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "genomics.mail"
    label = "mail"
    verbose_name = "Mail"
