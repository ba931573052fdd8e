from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "genomics.queues"
    label = "queues"
    verbose_name = "Queues"
