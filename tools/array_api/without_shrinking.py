"""A pytest plugin: failing examples are reported as they are, as shrinking them takes minutes."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("without-shrinking", parent=settings(), phases=phases)
    settings.load_profile("without-shrinking")
