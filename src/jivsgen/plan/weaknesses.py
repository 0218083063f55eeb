"""What is weak in the operations that a plan uses, though nothing fails by it: said once each, with the overlay that mends
it. Generated documents are full of it."""

from __future__ import annotations

from collections.abc import Iterator

from jivsgen.diagnostics import Diagnostics
from jivsgen.plan.gaps import action, removal
from jivsgen.plan.model import Plan, Request, calls
from jivsgen.spec import Api, Node, Operation
from jivsgen.spec.names import HOLE, NUMBERED, stable_name


def report_weaknesses(plan: Plan, api: Api, diagnostics: Diagnostics) -> None:
    """Report each weakness of the operations that the plan calls."""
    for key, login in _used(plan).items():
        operation = api.operation(key)
        for code, said, node, hint in _weaknesses(operation, api, login=login) if operation else ():
            diagnostics.add(code, said, node.place(), f"mend it with an overlay:\n{hint}" if hint else "")


def mending(plan: Plan, api: Api) -> str:
    """The overlay that makes the document mean what the plan takes it for: a login that needs no token, path parameters
    called as in the path, an object in the query as its members. Empty where nothing has to be mended; in files that the
    document refers to nothing can be."""
    actions: dict[str, None] = {}
    for key, login in _used(plan).items():
        operation = api.operation(key)
        for code, _, node, hint in _weaknesses(operation, api, login=login) if operation else ():
            if code != "unstable-operation-id" and hint and node.document is api.documents.root:
                actions[hint] = None
    if not actions:
        return ""
    return "\n".join(["overlay: 1.0.0", "info: {title: Mended, version: 1.0.0}", "actions:", *actions, ""])


def _used(plan: Plan) -> dict[tuple[str, str], bool]:
    """The operations that the plan calls, and whether they are logins."""
    logins = {_key(role.login.request) for role in plan.roles if role.login}
    return {key: key in logins for key in sorted(logins | {_key(call.request) for call in calls(plan)})}


def _key(request: Request) -> tuple[str, str]:
    return request.method, request.template


def _weaknesses(operation: Operation, api: Api, *, login: bool) -> Iterator[tuple[str, str, Node, str]]:
    where = f"{operation.method} {operation.path}"
    if NUMBERED.fullmatch(operation.id):
        said = f"`{operation.id}` ends in a number, which another build of the server may give to another operation"
        name = stable_name(operation.method, operation.path)
        yield "unstable-operation-id", said, operation.node, action(operation.node, {"operationId": name})
    if login and operation.is_secured:
        said = f"{operation.id} asks for the token that it is to give"
        yield "secured-login", said, operation.node, action(operation.node, {"security": []})
    yield from _parameters(operation, api, where)


def _parameters(operation: Operation, api: Api, where: str) -> Iterator[tuple[str, str, Node, str]]:
    holes = HOLE.findall(operation.path)
    declared = {p.name for p in operation.parameters if p.place == "path"}
    missing = [hole for hole in holes if hole not in declared]
    for parameter in operation.parameters:
        if parameter.place == "path" and parameter.name not in holes:
            said = (
                f"{where} has a path parameter `{parameter.name}`, and no `{{{parameter.name}}}` in its path"
            )
            hint = action(parameter.node, {"name": missing.pop(0)}) if missing else removal(parameter.node)
            yield "misnamed-path-parameter", said, parameter.node, hint
        members = api.schemas.members(parameter.schema)
        if parameter.place == "query" and parameter.is_spread and members and parameter.required:
            said = f"the parameter `{parameter.name}` of {operation.id} is one required object, though its members are sent"
            listed = [_plain_parameter(name, schema) for name, schema in members.items()]
            owner = Node(parameter.node.document, parameter.node.pointer[:-1], None)
            hint = f"{removal(parameter.node)}\n{action(owner, listed)}"
            yield "object-parameter", said, parameter.node, hint
    for name in missing:
        said = f"{where} does not describe its path parameter `{name}`"
        new = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        hint = action(operation.node, {"parameters": [new]})
        yield "misnamed-path-parameter", said, operation.node, hint


def _plain_parameter(name: str, schema: Node) -> dict[str, object]:
    return {"name": name, "in": "query", "schema": schema.value}
