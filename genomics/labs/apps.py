from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "genomics.labs"
    label = "labs"
    verbose_name = "Labs"
