from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """Old results sleep in the vault and come back byte for byte."""

    name = "archive"
