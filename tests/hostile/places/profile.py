"""The strings of a profile but for values and what roles have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.hostile import wire
from tests.hostile.places.place import csv_of, place, sends
from tests.hostile.world import World

from jivsgen.profile.text import source_of

# --- the profile: names -----------------------------------------------------------------------------------------------


def in_profile(name: str, change: Callable[[dict[str, Any], str], None]) -> None:
    @place("profile", name, alone=True)
    def _(world: World, key: str, text: str) -> None:
        change(world.profile, text)


in_profile("profile", lambda profile, text: profile.update(profile=text))
in_profile("title", lambda profile, text: profile.update(title=text))
in_profile("spec", lambda profile, text: profile.update(spec=text))
in_profile("overlays", lambda profile, text: profile.update(overlays=[text]))
in_profile("extends", lambda profile, text: profile.update(extends=text))
in_profile("engines", lambda profile, text: profile.update(engines=[text]))
in_profile("base_url", lambda profile, text: profile["target"].update(base_url=text))
in_profile(
    "path of base_url", lambda profile, text: profile["target"].update(base_url=f"http://localhost/{text}")
)
in_profile(
    "header of target", lambda profile, text: profile["target"].update(headers={"X-Target": source_of(text)})
)
in_profile("name of a header of target", lambda profile, text: profile["target"].update(headers={text: "x"}))
in_profile("executor", lambda profile, text: profile["scenarios"]["all"]["load"].update(executor=text))
in_profile("duration", lambda profile, text: profile["scenarios"]["all"]["load"].update(max_duration=text))
in_profile("start_after", lambda profile, text: profile["scenarios"]["all"].update(start_after=text))
in_profile("unknown key", lambda profile, text: profile.update({text: 1}))


def in_step(name: str, change: Callable[[str, str], dict[str, Any]]) -> None:
    """Members of a call, or a step around it, in which the text stands."""

    @place("profile", name)
    def _(world: World, key: str, text: str) -> None:
        world.operation(key)
        call = world.step(key)
        world.arrives(key, wire.nothing, "")
        members = change(text, key)
        if "steps" in members or "choose" in members:
            world.steps.remove(call)
            world.steps.append(json.loads(json.dumps(members).replace('"@call"', json.dumps(call))))
        else:
            call.update(members)


in_step("call", lambda text, key: {"call": text})
in_step("group", lambda text, key: {"group": text, "steps": ["@call"]})
in_step("branch", lambda text, key: {"choose": [{"weight": 1, "name": text, "steps": ["@call"]}]})
in_step("role of a step", lambda text, key: {"as": text})
in_step("name of a capture", lambda text, key: {"capture": {text: "$.echo"}})
in_step("path of a capture", lambda text, key: {"capture": {f"c{key}": text}})
in_step("count", lambda text, key: {"count": f"{text}s"})
in_step("within", lambda text, key: {"within": text})
in_step("expect", lambda text, key: {"expect": text})
in_step("on_failure", lambda text, key: {"on_failure": text})
in_step("unknown key of a step", lambda text, key: {text: text})


@place("profile", "name of a call")
def _(world: World, key: str, text: str) -> None:
    """And of its limit."""
    world.operation(key)
    world.step(key, name=text)
    world.arrives(key, wire.nothing, "")
    world.profile.setdefault("slo", {})[text] = {"p95": "10s"}


@place("profile", "time")
def _(world: World, key: str, text: str) -> None:
    """And its limit."""
    world.operation(key)
    world.step(key, time=text)
    world.arrives(key, wire.nothing, "")
    world.profile.setdefault("slo", {})[text] = {"p95": "10s"}


@place("profile", "name of a header")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key, headers={text: "value"})
    world.arrives(key, wire.header(text.lower()), "value")


@place("profile", "name of a cookie")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key, cookies={text: "value"})
    world.arrives(key, wire.cookie(text), "value")


@place("profile", "name of a scenario")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    load = {"executor": "per-vu-iterations", "vus": 1, "iterations": 1}
    world.profile["scenarios"][text] = {"load": load, "steps": [{"call": f"op{key}"}]}
    world.arrives(key, wire.nothing, "")


@place("profile", "subject of an SLO", alone=True)
def _(world: World, key: str, text: str) -> None:
    world.profile.setdefault("slo", {})[text] = {"p95": "10s"}


@place("profile", "limit of an SLO")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.bare_step(key)
    world.profile.setdefault("slo", {})[f"op{key}"] = {"p95": text, "rate": text}


@place("profile", "subject of a limit")
def _(world: World, key: str, text: str) -> None:
    world.profile.setdefault("limits", {})[text] = "1000/1s"


@place("profile", "path of a check")
def _(world: World, key: str, text: str) -> None:
    world.operation(key)
    world.step(key, check={f"$.echo['{text}']": "present"})
    world.arrives(key, wire.nothing, "")
    world.answers[key] = {"echo": {text: 1}}


@place("profile", "name of a feed")
def _(world: World, key: str, text: str) -> None:
    world.files[f"f{key}.csv"] = csv_of("c", "value")
    world.profile.setdefault("feeds", {})[text] = {"file": f"f{key}.csv"}
    sends(world, key, f"${{{text}.c}}")
    world.arrives(key, wire.in_query, "value")


@place("profile", "column of a feed")
def _(world: World, key: str, text: str) -> None:
    world.files[f"f{key}.csv"] = csv_of(text, "value")
    world.profile.setdefault("feeds", {})[f"f{key}"] = {"file": f"f{key}.csv"}
    sends(world, key, f"${{f{key}.{text}}}")
    world.arrives(key, wire.in_query, "value")


@place("profile", "file of a feed")
def _(world: World, key: str, text: str) -> None:
    world.profile.setdefault("feeds", {})[f"f{key}"] = {"file": text}


@place("profile", "name of a file that is sent")
def _(world: World, key: str, text: str) -> None:
    upload(world, key, {"file": text})
    world.arrives(key, wire.file_name, text)
    if text.isprintable() and len(text) < 200 and "/" not in text and text not in ("", ".", ".."):
        world.files[text] = "content"


@place("profile", "type of a file that is sent")
def _(world: World, key: str, text: str) -> None:
    world.files[f"u{key}.txt"] = "content"
    upload(world, key, {"file": f"u{key}.txt", "type": f"text/{text}"})
    world.arrives(key, wire.part_type, f"text/{text}".lower())


@place("profile", "content of a file that is a part")
def _(world: World, key: str, text: str) -> None:
    world.files[f"u{key}.txt"] = text
    upload(world, key, {"file": f"u{key}.txt"})
    world.arrives(key, wire.in_part, as_content(text))


@place("profile", "content of a file that is the body")
def _(world: World, key: str, text: str) -> None:
    world.files[f"u{key}.txt"] = text
    content = {"application/octet-stream": {"schema": BYTES}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key, body={"file": f"u{key}.txt"})
    world.arrives(key, wire.in_body, as_content(text))


@place("profile", "text that stands for a file")
def _(world: World, key: str, text: str) -> None:
    upload(world, key, source_of(text))
    world.arrives(key, wire.in_part, text)


def as_content(text: str) -> str:
    """How bytes that are no UTF-8 are read back."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")


BYTES = {"type": "string", "format": "binary"}


def upload(world: World, key: str, file: Any) -> None:
    """A step that sends a form of which the only part, `p`, is a file."""
    content = {"multipart/form-data": {"schema": {"type": "object", "properties": {"p": BYTES}}}}
    world.operation(key, "post", requestBody={"required": True, "content": content})
    world.step(key, body={"p": file})
