from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """Old results sleep in the vault and come back byte for byte."""

    name = "archive"

    def ready(self) -> None:
        from archive import timeline  # noqa: PLC0415  # models are not there earlier
        from jobs import panels  # noqa: PLC0415

        panels.register("archive.timeline", template="archive/_timeline.html", context=timeline.panel)
