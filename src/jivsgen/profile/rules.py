"""What a profile must hold to on its own, beyond the types of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jivsgen.diagnostics import Diagnostics
from jivsgen.profile.layers import LoadedProfile
from jivsgen.profile.text import parse_text
from jivsgen.profile.values import USERS, Env, Literal, constant
from jivsgen.source import Pointer

_SECRET = re.compile(
    r"pass(word|wd|phrase)?$|secret|token$|api[-_]?key|credential|authorization", re.IGNORECASE
)
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_RESERVED = ("anonymous", "env", "vu", "iteration", "unique", USERS)
_BUILT_IN = re.compile(
    r"http_req(s|_\w+)|iterations?|iteration_duration|dropped_iterations|vus(_max)?|checks|data_(sent|received)|group_duration|"
    r"errors|samples|__proto__"
)
"""The metrics that k6 has, those that every script of ours for k6 may make, and the name that its summary cannot hold."""


def is_secret(name: str) -> bool:
    """Whether what is called so is for the environment, not for a file."""
    return bool(_SECRET.search(name))


def check_rules(loaded: LoadedProfile, content: Any, diagnostics: Diagnostics) -> None:
    """Report reserved names, literal secrets, loads that are missing or double, orders without a sense."""
    _names(loaded, diagnostics)
    _loads(loaded, diagnostics)
    _secrets(loaded, content, diagnostics)
    _metrics(loaded, content, diagnostics)


def is_device(name: str) -> bool:
    """Whether Windows takes a file of that name for a device: no checkout there can hold it, whatever its suffix is."""
    return _DEVICE.fullmatch(name) is not None


def _names(loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    if is_device(name := loaded.profile.profile):
        said = f"`{name}` is a device on Windows, and no file there can be called that"
        diagnostics.add("wrong-value", said, loaded.place(("profile",)), "give the profile another name")
    for section in ("auth", "feeds"):
        for name in getattr(loaded.profile, section):
            if name in _RESERVED:
                said = f"`{name}` is reserved and cannot name a {'role' if section == 'auth' else 'feed'}"
                diagnostics.add("wrong-value", said, loaded.place((section, name), True))


def _loads(loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    profile = loaded.profile
    for name, scenario in profile.scenarios.items():
        where: Pointer = ("scenarios", name)
        if profile.load is None and scenario.load is None:
            hint = "give it a `load:`, or one `load:` above all scenarios and a `weight:` in each"
            diagnostics.add(
                "missing-key", f"the scenario `{name}` has no load", loaded.place(where, True), hint
            )
        if profile.load is None and scenario.weight is not None:
            said = "`weight` shares one `load:` above the scenarios, and there is none"
            diagnostics.add("wrong-value", said, loaded.place((*where, "weight"), True))
        if profile.load is not None and scenario.load is not None:
            said = f"the scenario `{name}` has a load, and there is one above all scenarios"
            diagnostics.add(
                "wrong-value", said, loaded.place((*where, "load"), True), "remove one of the two"
            )
        if profile.load is not None and scenario.weight is None and len(profile.scenarios) > 1:
            diagnostics.add(
                "missing-key", f"the scenario `{name}` has no `weight`", loaded.place(where, True)
            )
        if profile.load is not None and scenario.start_after is not None:
            said = "scenarios that share one load start together"
            diagnostics.add("wrong-value", said, loaded.place((*where, "start_after"), True))


def _secrets(loaded: LoadedProfile, content: Any, diagnostics: Diagnostics) -> None:
    """A secret in the text of a profile ends up in three scripts and a repository."""
    for pointer, value in _strings(content.get("auth", {}), ("auth",)):
        if pointer[2:3] in (("password",), ("client_secret",), ("api_key",), ("token",)):
            role = loaded.profile.auth[str(pointer[1])]
            if pointer[2] != "token" or isinstance(role.token, str):
                _secret(pointer, value, loaded, diagnostics)
        inside_data = len(pointer) > 3 and pointer[2] in ("body", "with", "headers")
        names = [step for step in pointer[3:] if isinstance(step, str)]
        if inside_data and names and is_secret(names[-1]):
            _secret(pointer, value, loaded, diagnostics)
    for pointer, value in _strings(content.get("scenarios", {}), ("scenarios",)):
        if (
            len(pointer) > 1
            and "headers" in pointer
            and str(pointer[-1]).lower() in ("authorization", "x-api-key")
        ):
            _secret(pointer, value, loaded, diagnostics)


def _secret(pointer: Pointer, value: str, loaded: LoadedProfile, diagnostics: Diagnostics) -> None:
    parsed = parse_text(value)
    if not isinstance(parsed, tuple):
        return
    known = constant(parsed)
    defaults = [part.default for part in parsed if isinstance(part, Env) and part.default]
    only_scheme = all(
        not isinstance(part, Literal) or part.text.strip() in ("Bearer", "Basic") for part in parsed
    )
    if known or (defaults and only_scheme):
        said = f"`{pointer[-1]}` holds a secret in clear text"
        hint = "take it from the environment, without a default: `${env.JIVS_PASSWORD}`"
        diagnostics.add("literal-secret", said, loaded.place(pointer, False), hint)


def _strings(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _strings(member, (*pointer, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _strings(item, (*pointer, number))


def _metrics(loaded: LoadedProfile, content: Any, diagnostics: Diagnostics) -> None:
    """A metric is a Trend or a Counter, never both, and none of k6's own."""
    seen: dict[str, str] = {}
    for pointer, name in _strings(content.get("scenarios", {}), ("scenarios",)):
        kind = pointer[-1]
        if kind not in ("time", "count") or not isinstance(pointer[-2], int):
            continue
        at = loaded.place(pointer, False)
        if _BUILT_IN.fullmatch(name):
            diagnostics.add(
                "wrong-value",
                f"`{name}` is taken: by k6, or by its script",
                at,
                "give yours another name",
            )
        if seen.setdefault(name, str(kind)) != kind:
            said = f"`{name}` is a `{seen[name]}` metric elsewhere and a `{kind}` metric here"
            diagnostics.add("name-clash", said, at, "give one of them another name")
