"""What is weak in the operations that a plan uses, though nothing fails by it: said once each, with the overlay that mends
it. Generated documents are full of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from jivsgen.diagnostics import Diagnostics
from jivsgen.diagnostics.model import listing
from jivsgen.plan.gaps import action, of_any_type, quoted, removal
from jivsgen.plan.model import Plan, Request, StatusCheck, calls
from jivsgen.spec import Api, Node, Operation
from jivsgen.spec.names import HOLE, NUMBERED, stable_name

_LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 (compared with, never listened on)
_Weakness = tuple[str, str, Node, str]
"""The code, what is said, where, and the overlay's actions that mend it (empty where none can)."""


def report_weaknesses(plan: Plan, api: Api, diagnostics: Diagnostics) -> None:
    """Report each weakness of the document, and of the operations that the plan calls."""
    for code, said, node, hint in (*_of_the_document(plan, api), *_of_operations(plan, api)):
        diagnostics.add(code, said, node.place(), f"mend it with an overlay:\n{hint}" if hint else "")


def mending(plan: Plan, api: Api) -> str:
    """The overlay that makes the document mean what the plan takes it for: a login that needs no token, path parameters
    called as in the path, an object in the query as its members. Empty where nothing has to be mended; in files that the
    document refers to nothing can be."""
    actions: dict[str, None] = {}
    for code, _, node, hint in _of_operations(plan, api):
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


# --- of the document ------------------------------------------------------------------------------------------------


def _of_the_document(plan: Plan, api: Api) -> Iterator[_Weakness]:
    yield from _servers(api)
    yield from _media_types(plan, api)
    yield from _roles(plan, api)


def _servers(api: Api) -> Iterator[_Weakness]:
    """A developer's own machine before others: whoever takes the first server is alone with it."""
    listed = list((api.root.get("servers") or Node(api.root.document, (), [])).elements())
    urls = [server.text("url") or "" for server in listed]
    own = [url for url in urls if _host(url) in _LOOPBACK]
    if not own or urls[0] not in own or len(own) == len(urls):
        return
    said = f"`servers` begins with {urls[0]}, which is another machine for each reader"
    actions = (f"- target: $.servers[?@.url=={quoted(url)}]\n  remove: true" for url in dict.fromkeys(own))
    yield "local-server", said, listed[0], "\n".join(actions)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _media_types(plan: Plan, api: Api) -> Iterator[_Weakness]:
    """Answers that the plan expects, of whatever type."""
    found: dict[str, tuple[Node, str]] = {}
    expected = [(role.login.request, role.login.statuses) for role in plan.roles if role.login]
    for call in calls(plan):
        statuses = next(check.statuses for check in call.checks if isinstance(check, StatusCheck))
        expected.append((call.request, statuses))
    for request, statuses in expected:
        operation = api.operation(_key(request))
        answers = (operation.response(status) for status in statuses) if operation else ()
        for content, media in filter(None, map(of_any_type, answers)):
            taught = {"application/json": {"schema": media.node.value["schema"]}}
            found.setdefault(action(content, taught), (content, operation.id if operation else ""))
    if found:
        nodes, names = zip(*found.values(), strict=True)
        said = f"answers of any media type are taken for JSON: those of {listing(dict.fromkeys(names))}"
        yield "any-media-type", said, nodes[0], "\n".join(found)


def _roles(plan: Plan, api: Api) -> Iterator[_Weakness]:
    """Several roles, of which the document says nowhere what they may call: neither by scopes, nor by an answer 403, nor by
    other security than that of what the first calls."""
    asked = dict.fromkeys((_key(call.request), call.role) for call in calls(plan) if call.role)
    operations = [(operation, role) for key, role in asked if (operation := api.operation(key))]
    roles = [role.name for role in plan.roles]
    of_first = {one.security for one, role in operations if role == roles[0]}
    others = (one for one, role in operations if role != roles[0] and one.security in of_first)
    of_others = list({(one.method, one.path): one for one in others}.values())
    if not of_others or any(one.response(403) or any(one.scopes.values()) for one, _ in operations):
        return
    said = f"the document says nowhere who may call what, and the plan calls as {listing(roles)}"
    responses = filter(None, (one.node.get("responses") for one in of_others))
    actions = (action(node, {"403": {"description": "The role may not"}}) for node in responses)
    yield "unsaid-roles", said, of_others[0].node, "\n".join(actions)


# --- of operations --------------------------------------------------------------------------------------------------


def _of_operations(plan: Plan, api: Api) -> Iterator[_Weakness]:
    for key, login in _used(plan).items():
        if (operation := api.operation(key)) is not None:
            yield from _weaknesses(operation, api, login=login)


def _weaknesses(operation: Operation, api: Api, *, login: bool) -> Iterator[_Weakness]:
    where = f"{operation.method} {operation.path}"
    if NUMBERED.fullmatch(operation.id):
        said = f"`{operation.id}` ends in a number, which another build of the server may give to another operation"
        name = stable_name(operation.method, operation.path)
        yield "unstable-operation-id", said, operation.node, action(operation.node, {"operationId": name})
    if login and operation.is_secured:
        said = f"{operation.id} asks for the token that it is to give"
        yield "secured-login", said, operation.node, action(operation.node, {"security": []})
    yield from _parameters(operation, api, where)


def _parameters(operation: Operation, api: Api, where: str) -> Iterator[_Weakness]:
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
