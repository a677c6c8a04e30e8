"""The tickets of an episode, as its list shows them."""

from collections.abc import Callable

from fastapi import FastAPI

from connectors.model import Link
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]


def test_the_list_of_an_episode_holds_the_children_of_its_outage_whenever_they_come(
    app_of: Opened, world: World
) -> None:
    parent = Link(relation="parent", target="first")
    world.write(
        incident("first", "Turnstile in the lobby jams", 2), incident("later", "Turnstile in the lobby jams", 9),
        incident("child", TITLES[5], 20, parent),
    )  # fmt: skip
    world.analyse()
    family = world.family("first")
    assert (family.tickets, family.rhythm.episodes) == (3, 2)
    browser = Browser(app_of())
    lists = [browser.get(f"/tickets?cycle={family.name}&episode={number}").text for number in (1, 2)]
    keys = [world.now["alpha", id_].key for id_ in ("first", "later", "child")]
    assert [[f'<th scope="row">{key} ' in text for key in keys] for text in lists] == [
        [True, False, True],
        [False, True, False],
    ]
    assert "Tickets of the episode that began on 7\N{NO-BREAK SPACE}January 2026" in lists[0]
