from typing import Any

import pytest

from jobs.templatetags.codes import code_lifetime


class TestCodeLifetime:
    @pytest.mark.parametrize("purpose", ["EMAIL_VERIFICATION", "PASSWORD_RESET", "LOGIN"])
    def test_follows_the_setting(self, settings: Any, purpose: str) -> None:
        setattr(settings, f"ACCOUNT_{purpose}_BY_CODE_TIMEOUT", 20 * 60)
        assert code_lifetime(purpose) == "20 minutes"
        setattr(settings, f"ACCOUNT_{purpose}_BY_CODE_TIMEOUT", 60)
        assert code_lifetime(purpose) == "1 minute"
