import pytest

from connectors import registry


@pytest.mark.parametrize("name", registry.installed())
def test_declared_settings_are_those_of_the_connector(name: str) -> None:
    assert registry.load_settings(name) is registry.load(name).Settings


def test_settings_need_no_declaration_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    points = registry.installed()
    monkeypatch.setattr(registry, "installed", lambda group=registry.GROUP: points if group == registry.GROUP else {})
    assert registry.load_settings("jira") is registry.load("jira").Settings
