from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from genomics.aws.template import Template
from jobs import annotation, tasks
from jobs.annotation import Worker


class TestTasks:
    @pytest.mark.django_db  # workers run all checks when they start, dj-stripe's included
    def test_stand_in_the_settings_with_a_queue_and_a_limit(self) -> None:
        current_app.loader.import_default_modules()
        ours = {name for name in current_app.tasks if not name.startswith("celery.")}
        assert ours == set(settings.TASKS)

    def test_take_no_arguments_that_are_not_json(self) -> None:
        assert current_app.conf.accept_content == ["json"]

    def test_tolerate_arguments_of_later_versions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[Worker] = []
        monkeypatch.setattr(annotation, "annotate_next", seen.append)
        tasks.annotate(something_new=1)
        assert ":" in seen[0].name
        seen[0].renew_message()  # outside of a worker there is no message to renew


class TestMessageVisibility:
    def test_is_what_the_template_gives_the_queues(self) -> None:
        resources: Any = Template.load(settings.STACK_TEMPLATE).document["Resources"]
        queue = resources["AnnotationQueue"]["Properties"]
        assert timedelta(seconds=queue["VisibilityTimeout"]) == settings.MESSAGE_VISIBILITY
        assert settings.LEASE_RENEWAL * 2 < settings.LEASE_DURATION < settings.MESSAGE_VISIBILITY
