"""One operation, called once: what the compiler says of it, what it plans, and what openapi-core has against that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import Struct

from jivsgen.contract.referee import Referee
from jivsgen.contract.samples import Exchange, Sampler
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.compile import Compiler
from jivsgen.plan.model import Request, calls
from jivsgen.plan.uploads import Uploads
from jivsgen.profile.load import load_profile
from jivsgen.spec import Api, load_api


class Judged(Struct, frozen=True):
    """`said` are the compiler's errors, `objections` openapi-core's."""

    said: tuple[str, ...]
    objections: tuple[str, ...]
    request: Request
    exchange: Exchange
    api: Api

    @property
    def disagreement(self) -> str:
        """Empty where both say the same."""
        if bool(self.said) == bool(self.objections):
            return ""
        return f"jivsgen: {list(self.said)}\nopenapi-core: {list(self.objections)}"


def judged(folder: Path, spec: Any, step: dict[str, Any], **more: Any) -> Judged:
    """`spec` is a document, as text or as data; `more` are further keys of the profile."""
    text = spec if isinstance(spec, str) else json.dumps(spec)
    (folder / "spec.yaml").write_text(text, "utf-8")
    profile = {
        "profile": "it", "spec": "spec.yaml", "target": {"base_url": "http://localhost"},
        "scenarios": {"s": {"load": {"executor": "constant-vus", "vus": 1, "duration": "1s"}, "steps": [step]}},
        "slo": {"default": {"p95": "1s"}}, **more,
    }  # fmt: skip
    (folder / "profile.json").write_text(json.dumps(profile), "utf-8")
    found = Diagnostics()
    loaded = load_profile(folder / "profile.json", "profile.json", found)
    api = load_api(folder / "spec.yaml", "spec.yaml", found)
    assert loaded, list(found)
    assert api, list(found)
    uploads = Uploads(loaded, folder, lambda path: path.name, found)
    plan = Compiler(loaded, api, lambda path: path.name, found, uploads).compile()
    said = tuple(one.message for one in found if one.severity == "error")
    (exchange,) = Sampler(plan, api).exchanges()
    (call,) = calls(plan)
    return Judged(said, tuple(Referee(api).objections(exchange)), call.request, exchange, api)
