from django.apps import AppConfig


class LocalAwsConfig(AppConfig):
    """The development app: commands that run everything on one machine. Installed only when LOCAL_AWS is on."""

    name = "genomics.localaws"
