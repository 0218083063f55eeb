"""Values for the variables that scripts ask for and nobody has set: the documents and behaviour files say what would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jivsgen.plan.model import Body, JsonObject, JsonPath, JsonText, Plan
from jivsgen.plan.parts import plain_json
from jivsgen.plan.synthesis import NoValue, value_of
from jivsgen.profile.values import Env
from jivsgen.rehearsal.server.behaviour import Behaviour
from jivsgen.spec import Api, Operation

MADE_UP = "made-up-by-jivsgen-rehearse"


def made_up(plan: Plan, api: Api, behaviour: Behaviour | None, known: Mapping[str, str]) -> dict[str, str]:
    """A value for every variable that the plan needs and nobody has set: the name and the password of a user that the
    behaviour file knows, else what the schema of a login's body allows, else any text."""
    values = {
        one.name: MADE_UP for one in plan.environment if one.default is None and not known.get(one.name)
    }
    for role in plan.roles:
        operation = (
            api.operation((role.login.request.method, role.login.request.template)) if role.login else None
        )
        if role.login is None or role.login.request.body is None or operation is None:
            continue
        for name, path in _alone(role.login.request.body):
            if name in values:
                values[name] = _known(behaviour, operation, path) or _lawful(api, operation, path)
    return values


def _alone(body: Body) -> Iterator[tuple[str, JsonPath]]:
    """The variables that are all of a text in the body, and where."""
    found: list[tuple[str, JsonPath]] = []

    def look(value: JsonText, path: JsonPath) -> None:
        if len(value.text) == 1 and isinstance(value.text[0], Env):
            found.append((value.text[0].name, path))

    if isinstance(body.content, JsonObject):
        plain_json(body.content, look)
    yield from found


def _known(behaviour: Behaviour | None, operation: Operation, path: JsonPath) -> str:
    """What the first user of the behaviour file says there; empty where it says nothing."""
    if behaviour is None or behaviour.login is None or behaviour.login.operation != operation.id:
        return ""
    name, user = next(iter(behaviour.users.items()), ("", None))
    if path == behaviour.login.user:
        return name
    return (user.password or "") if user and path == behaviour.login.password else ""


def _lawful(api: Api, operation: Operation, path: JsonPath) -> str:
    """A text that the schema of the body allows there."""
    schema = next((one.schema for one in operation.bodies if one.is_json), None)
    for node in api.schemas.reach(schema, path).schemas if schema else ():
        if api.schemas.violations(node, MADE_UP):
            try:
                return str(value_of(api.schemas, node))
            except NoValue:
                continue
    return MADE_UP
