from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from genomics.aws import clients
from genomics.celery import app


class TestMessages:
    """JSON and nothing else: a message is data, never code."""

    def test_are_written_as_json(self) -> None:
        assert app.conf.task_serializer == "json"
        assert app.conf.event_serializer == "json"

    def test_are_read_as_json_only(self) -> None:
        assert app.conf.accept_content == ["json"]
        assert app.conf.result_accept_content == ["json"]

    def test_leave_no_results(self) -> None:
        assert app.conf.task_ignore_result
        assert app.conf.result_backend is None

    def test_command_no_worker(self) -> None:
        assert not app.conf.worker_enable_remote_control


class TestTasks:
    def test_all_have_a_queue_and_a_time_limit(self) -> None:
        limits: Any = settings.CELERY_TASK_ANNOTATIONS
        for name in settings.TASKS:
            assert 0 < limits[name]["soft_time_limit"] < limits[name]["time_limit"]

    @pytest.mark.django_db  # workers run all checks when they start, dj-stripe's included
    def test_that_workers_know_are_those_of_the_table(self) -> None:
        app.loader.import_default_modules()
        installed = {config.label for config in apps.get_app_configs()}
        wanted = {name for name in settings.TASKS if name.partition(".")[0] in installed}
        assert {name for name in app.tasks if not name.startswith(("celery.", "tests."))} == wanted

    def test_that_beat_sends_outlive_a_difference_of_clocks_and_no_more(self) -> None:
        for entry in app.conf.beat_schedule.values():
            every = entry["schedule"].total_seconds()
            assert max(every, 45) <= entry["options"]["expires"] <= max(every, 60), entry["task"]

    def test_that_remove_jobs_outlive_a_call_to_a_storage_that_hangs(self) -> None:
        config: Any = clients.s3_config()
        longest = config.retries["total_max_attempts"] * config.read_timeout
        assert settings.TASKS["jobs.remove"].limit.total_seconds() > longest + 10  # and the pauses between the tries
