"""What is read of a request that shows credentials and cookies: the plan's own is told as the plan has it, anything else shows."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from jivsgen.plan.model import Call, Feed, JsonPath, Login, Origin, Plan, Request, Role, Server, Target
from jivsgen.profile.values import Basic, Column, Env, InJson, Literal, Text, Token, Variable
from jivsgen.rehearsal.exchanges import Exchange
from jivsgen.rehearsal.masks import Masks, Settings
from jivsgen.rehearsal.told import means, planned_lines, told_lines

KEY: Text = (Env("KEY"),)
ENVIRONMENT = {"KEY": 'se cret;"é"%', "NAME": "clerk:", "PASSWORD": "pass: wörd"}
TOKEN: JsonPath = ("access_token",)
LOGIN = Login(
    Request("POST /token", "POST", "/token", (Literal("/token"),), server=Server("TOKEN_BASE_URL", "")),
    (200,),
    TOKEN,
)
ROLES = (
    Role("clerk", (("Authorization", (Literal("Basic "), Basic((Env("NAME"),), (Env("PASSWORD"),)))),)),
    Role("service", (), LOGIN),
)
PLAN = Plan(
    "it", "it", Origin("", "", "", ""), Target("http://localhost", "/v2", 1000), (), (), ROLES, (), (),
)  # fmt: skip
REQUEST = Request(
    "get", "GET", "/things", (Literal("/things?page=1&key="), *KEY, Literal("&token="), Token()),
    cookies=(("session", KEY), ("run", (Literal("of "), Variable("unique"))), ("many", (Literal("a"),)), ("many", (Literal("b"),))),
    keyed=True,
)  # fmt: skip
BASIC = "Basic " + base64.b64encode("clerk::pass: wörd".encode()).decode()
IN_QUERY = "se%20cret%3B%22%C3%A9%22%25"
SENT = Exchange(
    0, 1, 1, 1, "GET", f"/v2/things?page=1&key={IN_QUERY}&token=t%2F1",
    (("cookie", f"session={IN_QUERY}; run=of abc; many=a; many=b; rehearsal=7"),), b"", "get", 200, (), b"",
)  # fmt: skip


def told(call: Call, sent: Exchange) -> tuple[list[str], list[str]]:
    """The plan's lines, and those of what was sent."""
    settings = Settings(PLAN, ENVIRONMENT, datetime.now(UTC).date(), {"service": ("t/1", "t/2")})
    masks = Masks(settings, 0, call.role)
    return planned_lines(PLAN, call, masks), told_lines(PLAN, call, sent, masks)


def with_cookies(text: str) -> Exchange:
    return replace(SENT, headers=(("cookie", text),))


BY_SERVICE = Call("get", REQUEST, "service", ())
BY_CLERK = Call("get", Request("get", "GET", "/things", (Literal("/things"),)), "clerk", ())
SAME = f"session={IN_QUERY}; run=of abc; many=a; many=b"


@pytest.mark.parametrize(
    "cookies",
    [f"{SAME}; rehearsal=7", f"rehearsal=7; {SAME}", SAME, f"many=a; run=of abc; many=b; session={IN_QUERY}; rehearsal=1"],
)  # fmt: skip
def test_cookies_in_any_order(cookies: str) -> None:
    planned, sent = told(BY_SERVICE, with_cookies(cookies))
    assert planned == sent
    assert "  cookie: session=${env.KEY}" in planned
    assert planned[0] == "GET /v2/things?page=1&key=${env.KEY}&token=${token}  as service"


@pytest.mark.parametrize(
    "sent",
    [
        with_cookies("rehearsal=7"),
        with_cookies(SAME.replace("; many=b", "")),
        with_cookies(SAME.replace("many=b", "many=a")),
        with_cookies(f"{SAME}; of=somebody"),
        with_cookies(SAME.replace("abc", "ABC")),
        with_cookies(SAME.replace(IN_QUERY, "secret")),
        with_cookies(SAME.replace("%25", "%")),
        replace(SENT, headers=()),
        replace(SENT, target=SENT.target.replace("t%2F1", "t%2F3")),
        replace(SENT, target=SENT.target.replace("t%2F1", "t/1")),
        replace(SENT, target=SENT.target.replace(IN_QUERY, "${env.KEY}")),
        replace(SENT, target=SENT.target.partition("&key")[0]),
    ],
)
def test_other_cookies_and_keys_show(sent: Exchange) -> None:
    planned, found = told(BY_SERVICE, sent)
    assert planned != found


def test_a_part_of_json_is_escaped_before_it_is_encoded() -> None:
    """The value of KEY holds quotes."""
    url: Text = (Literal("/things?f=%7B%22k%22%3A%22"), InJson(Env("KEY")), Literal("%22%7D"))
    call = Call("get", Request("get", "GET", "/things", url), None, ())
    right = "/v2/things?f=%7B%22k%22%3A%22se%20cret%3B%5C%22%C3%A9%5C%22%25%22%7D"
    planned, found = told(call, replace(SENT, target=right, headers=()))
    assert planned == found == ["GET /v2/things?f=%7B%22k%22%3A%22${env.KEY}%22%7D"]
    for wrong in (right.replace("%5C", ""), right.replace("%C3%A9", "%5Cu00e9")):
        planned, found = told(call, replace(SENT, target=wrong, headers=()))
        assert planned != found


def test_what_javascript_does_not_encode_is_no_difference() -> None:
    """In a query, which has a quote of its own; an `&` that is not encoded is one."""
    environment = ENVIRONMENT | {"KEY": "it's (so)!*&"}
    settings = Settings(PLAN, environment, datetime.now(UTC).date())
    call = Call("get", Request("get", "GET", "/things", (Literal("/it's?key="), *KEY)), None, ())
    planned = planned_lines(PLAN, call, Masks(settings, 0))
    for sent, right in (
        ("it's%20(so)!*%26", True),
        ("it%27s%20%28so%29%21%2A%26", True),
        ("it's%20(so)!*&", False),
    ):
        exchange = replace(SENT, target=f"/v2/it's?key={sent}", headers=())
        assert (told_lines(PLAN, call, exchange, Masks(settings, 0)) == planned) is right, sent


def test_names_and_passwords() -> None:
    right = replace(SENT, target="/v2/things", headers=(("authorization", BASIC),))
    planned, found = told(BY_CLERK, right)
    assert planned == found == ["GET /v2/things  as clerk", "  authorization: Basic ${basic}"]
    for wrong in (BASIC[:-2], BASIC.replace("Basic", "Bearer"), "Basic Y2xlcms6"):
        planned, found = told(BY_CLERK, replace(right, headers=(("authorization", wrong),)))
        assert found[0] == "GET /v2/things  as somebody else"


@pytest.mark.parametrize(
    ("name", "secret", "right"),
    [
        ("clerk%3A", "pass%3A%20w%C3%B6rd%21", True),
        ("clerk%3A", "pass%3A%20w%C3%B6rd!", True),
        ("clerk:", "pass: wörd!", False),
        ("clerk%3A", "pass%3A+w%C3%B6rd%21", False),
    ],
)
def test_clients_in_a_header(name: str, secret: str, right: bool) -> None:
    """Encoded before base64; JavaScript leaves what no decoder minds."""
    shown = Basic((Env("NAME"),), (Env("PASSWORD"), Literal("%21")), encoded=True)
    literal = replace(shown, password=(Literal("pass%3A%20w%C3%B6rd"), Env("BANG", "!")))
    sent = "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
    told_of = []
    for text in (shown, literal):
        call = Call(
            "in", replace(LOGIN.request, headers=(("Authorization", (Literal("Basic "), text)),)), None, ()
        )
        exchange = replace(SENT, method="POST", target="/token", headers=(("authorization", sent),))
        planned, found = told(call, exchange)
        assert planned[1] == "  authorization: Basic ${basic}"
        told_of.append(planned == found)
    assert any(told_of) is right


def test_a_user_of_a_pool_is_one_row_for_an_iteration() -> None:
    """Two rows share a key, which tells no more than that; a password of one beside the key of another shows."""
    pool = Feed("users", "people.csv", "name,key\nann,k1\nbob,k1\ncleo,k/2\n", ("name", "key"), 3)
    basic = (Literal("Basic "), Basic((Column("users", "name"),), (Env("PASSWORD"),)))
    plan = replace(PLAN, roles=(Role("crowd", (("Authorization", basic),), users=pool),))
    key = Request("get", "GET", "/keyed", (Literal("/keyed?key="), Column("users", "key")))
    by_key, by_name = Call("key", key, "crowd", ()), replace(BY_CLERK, role="crowd")
    settings = Settings(plan, ENVIRONMENT, datetime.now(UTC).date())

    def differs(masks: Masks, call: Call, target: str, name: str) -> bool:
        shown = "Basic " + base64.b64encode(f"{name}:{ENVIRONMENT['PASSWORD']}".encode()).decode()
        sent = replace(SENT, target=f"/v2{target}", headers=(("authorization", shown),))
        masks.role = call.role
        return told_lines(plan, call, sent, masks) != planned_lines(plan, call, masks)

    for first, then, right in (
        (("/keyed?key=k1", "bob"), "bob", True),
        (("/keyed?key=k%2F2", "cleo"), "cleo", True),
        (("/keyed?key=k1", "bob"), "ann", False),
        (("/keyed?key=k1", "cleo"), "cleo", False),
        (("/keyed?key=k/2", "cleo"), "cleo", False),
        (("/keyed?key=k1", "dan"), "dan", False),
    ):
        masks = Masks(settings, 0)
        wrong = [differs(masks, by_key, *first), differs(masks, by_name, "/things", then)]
        assert any(wrong) is not right, (first, then)


def test_a_token_is_got_beside_the_api() -> None:
    call = Call("login as service", LOGIN.request, None, ())
    assert means(PLAN, call, replace(SENT, method="POST", target="/token"))
    assert not means(PLAN, call, replace(SENT, method="POST", target="/v2/token"))
