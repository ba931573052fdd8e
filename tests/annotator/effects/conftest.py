import pytest

from tests.annotator.effects.handmade import Gene, gene


@pytest.fixture(params=[True, False], ids=["forward", "reverse"])
def hand(request: pytest.FixtureRequest) -> Gene:
    """This function will give the gene made by hand on each strand."""
    return gene(is_forward=request.param)
