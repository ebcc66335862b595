"""If these failed, who knows one service would not find his way in another.

Which rooms there are and which way they look, `lint-imports` holds (see pyproject.toml).
"""

import ast

import pytest

from shared.names import SERVICES
from shared.service import Service
from tests.architecture.sources import PROJECT, modules, text
from tests.services import service_of


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return service_of(request.param)


def test_every_folder_of_services_is_a_service_that_runs() -> None:
    folders = {module.split("/")[1] for module in modules("services/*/**/*.py")}
    assert folders == set(SERVICES)


def test_a_room_holds_something_and_a_package_only_says_what_it_is() -> None:
    for module in modules("services/**/*.py"):
        says, *rest = ast.parse(text(module)).body
        assert isinstance(says, ast.Expr), module
        content = [part for part in rest if not isinstance(part, ast.Import | ast.ImportFrom)]
        assert bool(content) == (not module.endswith("__init__.py")), module


def test_a_service_has_rooms_for_what_it_does_and_no_others(service: Service) -> None:
    folder = PROJECT / "services" / service.name
    assert [path.name for path in sorted(folder.glob("migrations/v0001_*.py"))]
    assert (folder / "reactions.py").exists() == bool(service.reactions.wire_names)
    followed = {name.partition(".")[0] for name in service.projection.wire_names} - {service.name}
    assert followed <= set(service.sources)
    if (folder / "followed.py").exists():
        assert followed
