"""One table of HTTP rules and engines, from one recording server: what a request is, whoever sends it.

Each engine runs two plans, one with closed users and one with arrivals; the rules are read off both. Where an engine does otherwise,
the rule says so, and holds the words of the `approximation` against the script.
"""

from __future__ import annotations

import ssl
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import pytest
from msgspec import Struct

from jivsgen.plan.model import ConstantArrivalRate, PerVuIterations, Plan, Slo, Target

from .plans import call, no_errors, once, plan, scenario, text
from .run import ENGINES, EVERY, Ended, run, side_by_side
from .server import Answer, Exchange, Server

ODD = "a/../b c?d=e&f#g%h;i+j:k@l,m\"n<o>p|q^r`s{t}u\\vé\U0001f600~-._'()*!"
CHARACTERS = "naïve – \U0001f600 漢字"
TIMEOUT_MS = 1500
ARRIVALS = 10
RAW = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!'()*")
"""What may stand in an encoded value: RFC 3986's unreserved, and what JavaScript leaves as it is and no path reads."""


def play(one: Exchange) -> Answer:
    split = b'{"characters": "' + CHARACTERS.encode() + b'"}'
    path = urlsplit(one.path).path.removeprefix("/v1").removeprefix("/own")
    return {
        "/give": Answer(json={"odd": ODD, "none": ""}, headers=(("Set-Cookie", f"visit={one.connection}"),)),
        "/moved": Answer(302, headers=(("Location", "/elsewhere"),)),
        "/split": Answer(delay_s=0.03, parts=tuple(split[at : at + 1] for at in range(len(split)))),
        "/halves": Answer(delay_s=0.3, parts=(b'{"a":', b"1}")),
        "/gone": Answer(0),
        "/hangs": Answer(json={}, delay_s=2 * TIMEOUT_MS / 1000),
        "/trickles": Answer(delay_s=0.7 * TIMEOUT_MS / 1000, parts=(b"{", b'"a"', b":", b"1}")),
    }.get(path, Answer(json={}))  # fmt: skip


def closed() -> Plan:
    """Two users twice; and each kind of request without an answer, twice."""
    give = call("give", captures={"odd": ("odd",), "none": ("none",)})
    journey = (
        give,
        call("after"),
        call("moved", status=302),
        call("odd", "/odd/${odd}?q=${odd}"),
        call("empty", "/empty/${none}/end"),
        call("split", captures={"characters": ("characters",)}),
        call("told", "/told", method="POST", body={"was": "${characters}"}),
        call("halves"),
    )
    silent = (
        scenario(name, PerVuIterations(1, 2, 60_000), call(name), pause_ms=0)
        for name in ("gone", "hangs", "trickles")
    )
    return plan(
        scenario("user", PerVuIterations(2, 2, 60_000), *journey),
        *silent,
        target=Target("http://localhost:8080", "/v1", TIMEOUT_MS, (("X-All", text("yes")),)),
        slos=(Slo("gone", "call", "errors", "<=", 1.0), Slo("trickles", "call", "errors", "<=", 1.0)),
    )


def opened() -> Plan:
    return plan(
        scenario("arrival", ConstantArrivalRate(5, 1000, 2000, 9, 9), call("give"), call("after")),
        target=Target("http://localhost:8080", "/v1", TIMEOUT_MS),
    )


class Talk(Struct, frozen=True):
    """What an engine sent, by plan, and what it says of itself."""

    engine: str
    users: list[Exchange]
    arrivals: list[Exchange]
    ended: Ended

    def of(self, path: str, arrivals: bool = False) -> list[Exchange]:
        base = "/v1" if arrivals else "/own"
        asked = self.arrivals if arrivals else self.users
        return [one for one in asked if urlsplit(one.path).path.startswith(base + path)]

    @property
    def iterations(self) -> list[list[Exchange]]:
        """The closed users' requests, each iteration by itself."""
        journey = [
            one for one in self.users if not one.path.startswith(("/own/gone", "/own/hangs", "/own/trickles"))
        ]
        found: dict[int, list[list[Exchange]]] = {}
        for one in journey:
            mine = found.setdefault(one.connection, [])
            if one.path == "/own/give":
                mine.append([])
            mine[-1].append(one)
        return [iteration for mine in found.values() for iteration in mine]


Talks = Callable[[str], Talk]


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talks]:
    """The talk of each engine, once; its two runs go side by side."""

    def one(engine: str, whole: Plan, path: str) -> tuple[Ended, list[Exchange]]:
        with Server(play) as server:
            ended = run(engine, whole, tmp_path_factory.mktemp(engine), server.url + path)
        return ended, server.exchanges

    @cache
    def talk(engine: str) -> Talk:
        with ThreadPoolExecutor() as pool:
            users = pool.submit(one, engine, closed(), "/own//")
            arrivals = pool.submit(one, engine, opened(), "/")
        assert arrivals.result()[0].verdict == "met", arrivals.result()[0].out
        assert users.result()[0].verdict == "met", users.result()[0].out
        return Talk(engine, users.result()[1], arrivals.result()[1], users.result()[0])

    return talk


# --- the rules ---------------------------------------------------------------------------------------------------------


def a_closed_user_keeps_its_connection(talk: Talk) -> None:
    assert len({one.connection for one in talk.of("/give")}) == 2
    assert [len(iteration) for iteration in talk.iterations] == [8] * 4


def an_arrival_is_a_new_user(talk: Talk) -> None:
    connections = Counter(one.connection for one in talk.arrivals)
    assert set(connections.values()) == {2}
    assert len(connections) == pytest.approx(ARRIVALS, abs=1)


def cookies_last_one_iteration(talk: Talk) -> None:
    for iteration in talk.iterations:
        assert "cookie" not in iteration[0].headers
        assert {one.headers.get("cookie") for one in iteration[1:]} == {f"visit={iteration[0].connection}"}
    assert not any("cookie" in one.headers for one in talk.of("/give", arrivals=True))
    assert all("cookie" in one.headers for one in talk.of("/after", arrivals=True))


def redirects_are_not_followed(talk: Talk) -> None:
    assert len(talk.of("/moved")) == 4
    assert not [one for one in talk.users if "elsewhere" in one.path]
    assert talk.ended.row("moved").errors == 0


def no_accept_encoding(talk: Talk) -> None:
    assert not [one for one in (*talk.users, *talk.arrivals) if "accept-encoding" in one.headers]


def headers_of_the_target_go_with_all(talk: Talk) -> None:
    assert {one.headers["x-all"] for one in talk.users} == {"yes"}


def values_are_percent_encoded(talk: Talk) -> None:
    for one in talk.of("/odd"):
        path, _, query = one.path.removeprefix("/own/odd/").partition("?q=")
        assert set(path + query) <= RAW
        assert (unquote(path), unquote(query)) == (ODD, ODD)
    assert len(talk.of("/odd")) == 4


def an_empty_value_leaves_its_segment(talk: Talk) -> None:
    sent = {one.path for one in talk.of("/empty")}
    if talk.engine.startswith("jmeter"):
        assert talk.ended.says("`//` is sent as `/`")
        assert sent == {"/own/empty/end"}
    else:
        assert sent == {"/own/empty//end"}


def characters_survive_any_cut(talk: Talk) -> None:
    """A capture is what was sent, wherever the answer was cut on its way."""
    assert [one.json["was"] for one in talk.of("/told")] == [CHARACTERS] * 4


def a_path_of_the_base_url_stands_for_the_servers(talk: Talk) -> None:
    assert all(one.path.startswith("/own/") and not one.path.startswith("/own//") for one in talk.users)
    assert all(one.path.startswith("/v1/") for one in talk.arrivals)


def time_is_to_the_last_byte(talk: Talk) -> None:
    assert talk.ended.row("halves").times["p50"] >= 290
    assert talk.ended.row("after").times["p50"] < 290


def no_answer_is_an_error_without_a_time(talk: Talk) -> None:
    for name in ("gone", "hangs"):
        row = talk.ended.row(name)
        assert (row.samples, row.errors, dict(row.times)) == (2, 1.0, {})


def a_time_out_ends_the_wait(talk: Talk) -> None:
    (first, second) = talk.of("/hangs")
    assert 0.9 * TIMEOUT_MS / 1000 < second.time - first.time < 1.8 * TIMEOUT_MS / 1000


def a_time_out_is_for_the_whole_answer(talk: Talk) -> None:
    """Each byte comes in time, the last one does not."""
    errors = talk.ended.row("trickles").errors
    if talk.engine.startswith("k6"):
        assert errors == 1
    else:
        assert talk.ended.says(
            "not for the whole answer"
            if talk.engine.startswith("jmeter")
            else "is for the first byte of the answer"
        )
        assert errors == 0


RULES = [
    a_closed_user_keeps_its_connection,
    an_arrival_is_a_new_user,
    cookies_last_one_iteration,
    redirects_are_not_followed,
    no_accept_encoding,
    headers_of_the_target_go_with_all,
    values_are_percent_encoded,
    an_empty_value_leaves_its_segment,
    characters_survive_any_cut,
    a_path_of_the_base_url_stands_for_the_servers,
    time_is_to_the_last_byte,
    no_answer_is_an_error_without_a_time,
    a_time_out_ends_the_wait,
    a_time_out_is_for_the_whole_answer,
]


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_http(rule: Callable[[Talk], None], engine: str, talks: Talks) -> None:
    rule(talks(engine))


# --- what surrounds a run ----------------------------------------------------------------------------------------------


@side_by_side(*ENGINES)
def test_a_proxy_of_the_environment(engine: str, tmp_path: Path) -> None:
    """The host exists nowhere but behind the proxy: JMeter and Artillery do not go there."""
    with Server(play) as proxy:
        named = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url}
        ended = run(
            engine, once(call("get"), slos=(no_errors("get"),)), tmp_path, "http://jivs.invalid", **named
        )
    assert ended.says("HTTP_PROXY") == (engine == "k6")
    assert [one.path for one in proxy.exchanges] == ["http://jivs.invalid/get"] * (engine == "k6")
    assert ended.verdict == ("met" if engine == "k6" else "missed"), ended.out


@cache
def certificate() -> ssl.SSLContext:
    """One of our own, that nobody has reason to trust; Go brings the program that makes it."""
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    program = Path(root) / "src/crypto/tls/generate_cert.go"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["go", "run", str(program), "--host", "127.0.0.1"], cwd=folder, capture_output=True, check=True
        )
        context.load_cert_chain(Path(folder) / "cert.pem", Path(folder) / "key.pem")
    return context


@side_by_side(*ENGINES)
def test_a_certificate_that_nobody_knows(engine: str, tmp_path: Path) -> None:
    """It is refused unless the profile says `insecure`; JMeter cannot refuse one."""
    for insecure in (False, True):
        target = Target("https://127.0.0.1", "", 5000, insecure_tls=insecure)
        folder = tmp_path / str(insecure)
        folder.mkdir()
        with Server(play, certificate()) as server:
            ended = run(
                engine, once(call("get"), slos=(no_errors("get"),), target=target), folder, server.url
            )
        is_accepted = insecure or engine == "jmeter"
        assert ended.verdict == ("met" if is_accepted else "missed"), ended.out
        assert len(server.exchanges) == is_accepted
        assert ended.says("JMeter accepts every TLS certificate") == (engine == "jmeter" and not insecure)
