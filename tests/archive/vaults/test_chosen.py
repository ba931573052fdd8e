from typing import Any

import pytest

from archive import vaults
from archive.models import VaultName


class TestNamed:
    @pytest.mark.parametrize("name", VaultName)
    def test_gives_the_vault_of_that_name(self, name: VaultName) -> None:
        assert vaults.named(name).name == name
        assert vaults.named(name) is vaults.named(name)

    def test_knows_no_other(self) -> None:
        with pytest.raises(ValueError, match="TAPE"):
            vaults.named("TAPE")


class TestDefault:
    def test_is_s3(self) -> None:
        assert vaults.default().name == VaultName.S3

    def test_follows_the_setting(self, settings: Any) -> None:
        settings.VAULT = "GLACIER"
        assert vaults.default().name == VaultName.GLACIER
