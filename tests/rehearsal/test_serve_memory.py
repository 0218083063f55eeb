"""A server that runs for days: what it remembers is bounded, and what is below an item goes with it."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.rehearsal.server.behaviour import Behaviour
from jivsgen.rehearsal.server.exchange import Asked
from jivsgen.rehearsal.server.items import Item, Ledger, Shelf
from jivsgen.rehearsal.server.player import Player
from jivsgen.rehearsal.server.recent import Recent
from jivsgen.spec import load_api

SHOP = Path(__file__).parent / "shop/openapi.yaml"


def player() -> Player:
    api = load_api(SHOP, SHOP.name, Diagnostics())
    assert api is not None
    behaviour = {
        "/carts": {"moves": [{"when": {"state": "open"}, "after": "10m", "set": {"state": "ordered"}}]}
    }
    return Player(api, Behaviour.model_validate({"resources": behaviour}))


def ask(shop: Player, method: str, path: str, body: Any = None) -> Any:
    headers = {"x-shop-key": "k", "content-type": "application/json"}
    answered = shop.answer(
        Asked(method, f"/store{path}", "", headers, json.dumps(body).encode() if body else b"")
    )
    assert answered.status < 300, (method, path, answered.status, answered.body)
    return json.loads(answered.body) if answered.body else None


def lives(shop: Player, number: int) -> int:
    """So many carts with lines, all removed again; returns how many objects there are afterwards."""
    for _ in range(number):
        cart = ask(shop, "POST", "/carts", {"customer": "c"})["cartId"]
        ask(shop, "POST", f"/carts/{cart}/lines", {"sku": "a", "amount": 1})
        ask(shop, "GET", f"/carts/{cart}/lines")
        ask(shop, "DELETE", f"/carts/{cart}")
    gc.collect()
    return len(gc.get_objects())


def test_the_same_life_again_leaves_nothing_behind() -> None:
    shop = player()
    before = lives(shop, 100)
    assert lives(shop, 1000) - before < 500


def test_what_is_below_an_item_goes_with_it() -> None:
    shop = player()
    cart = ask(shop, "POST", "/carts", {"customer": "c"})["cartId"]
    ask(shop, "POST", f"/carts/{cart}/lines", {"sku": "a", "amount": 1})
    (collection,) = (one for one in shop.memory.collections if one.path == "/carts")
    item = shop.memory.find(collection, {"cartId": cart})
    assert item is not None
    assert len(item.inside()) == 1
    ask(shop, "DELETE", f"/carts/{cart}")
    assert shop.memory.find(collection, {"cartId": cart}) is None


def test_the_oldest_item_of_all_shelves_is_forgotten() -> None:
    ledger = Ledger(most=3)
    one, other = Shelf((), ledger), Shelf((), ledger)
    for shelf, name in ((one, "a"), (other, "b"), (one, "c"), (other, "d")):
        shelf.put(Item(name, {"name": name}, 0.0))
    assert (list(one.items), list(other.items)) == (["c"], ["b", "d"])
    other.remove("b")
    one.put(Item("e", {}, 0.0))
    assert (list(one.items), list(other.items)) == (["c", "e"], ["d"])


def test_an_index_keeps_no_value_that_no_item_has() -> None:
    shelf = Shelf((), Ledger())
    for number in range(100):
        shelf.put(Item(str(number), {"name": f"n{number}"}, 0.0))
        assert shelf.page({"name": f"n{number}"}, 0, 10)[1] == 1
        shelf.remove(str(number))
    assert shelf._index == {"name": {}}


def test_a_recent_mapping_forgets_its_oldest() -> None:
    recent: Recent[str, int] = Recent(most=2)
    for number, name in enumerate("abca"):
        recent[name] = number
    assert dict(recent) == {"c": 2, "a": 3}


def test_what_is_due_is_forgotten_with_the_item() -> None:
    """Nobody lists the carts, so nobody asks what time did to them."""
    shop = player()
    (collection,) = (one for one in shop.memory.collections if one.path == "/carts")
    for _ in range(500):
        cart = ask(shop, "POST", "/carts", {"customer": "c"})["cartId"]
        ask(shop, "DELETE", f"/carts/{cart}")
    assert len(shop.memory.shelf(collection, {})._due) < 100
