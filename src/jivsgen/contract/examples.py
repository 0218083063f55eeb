"""The document's own examples of answers, of the operations that a plan uses: captures and checks are believed because of
them, and a server that plays the document answers with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from jivsgen.contract.recorded import Judge
from jivsgen.contract.referee import Referee
from jivsgen.contract.samples import Sampler
from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.model import Plan
from jivsgen.plan.synthesis import NoValue, media_examples, value_of
from jivsgen.spec import Api, Node, Operation, Response


class Shown(Struct, frozen=True):
    """An exchange whose answer is an example."""

    operation: str
    method: str
    target: str
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def judge_examples(plan: Plan, referee: Referee, diagnostics: Diagnostics) -> int:
    """Hold every example of an answer in use against the contract, by openapi-core; returns how many there are."""
    api, judge = referee.api, Judge(referee)
    seen: set[tuple[str, str]] = set()
    judged = 0
    for exchange in Sampler(plan, api).exchanges():
        operation = api.operation((exchange.method, exchange.template))
        if operation is None or (exchange.method, exchange.template) in seen:
            continue
        seen.add((exchange.method, exchange.template))
        for node, shown in _examples(api, operation, api.base_path + exchange.path):
            judged += 1
            for violation in judge.violations(shown, lawful=False):
                said = f"an example of {operation.id} is not what it is an example of: {violation.where}: {violation.what}"
                diagnostics.add("contract-violation", said, node.place())
    return judged


def _examples(api: Api, operation: Operation, target: str) -> Iterator[tuple[Node, Shown]]:
    named = f"{operation.method} {operation.path}"
    for status, response in operation.responses.items():
        for media in response.content if status.isdecimal() else ():
            if not media.is_json or media.schema is None:
                continue
            headers = (*_headers(api, response), ("content-type", media.sent_as))
            for example in media_examples(api.schemas, media):
                body = json.dumps(example).encode()
                yield media.node, Shown(named, operation.method, target, int(status), headers, body)


def _headers(api: Api, response: Response) -> Iterator[tuple[str, str]]:
    """A lawful value for each documented header: examples are of bodies."""
    listed = response.node.get("headers")
    for name, reference in listed.items() if listed else ():
        header = api.documents.resolve(reference)
        schema = header.get("schema") if header else None
        try:
            value: Any = value_of(api.schemas, schema) if schema else ""
        except NoValue:
            value = ""
        yield name.lower(), str(value)
