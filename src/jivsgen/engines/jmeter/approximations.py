"""What JMeter 5.5 and 5.6 cannot say exactly."""

from __future__ import annotations

from jivsgen.engines.jmeter.loads import threads
from jivsgen.plan.model import Plan, RampingVus, Scenario, duration_ms, is_open

_CONNECTION_LIFE_MS = 60_000


def approximations(plan: Plan) -> tuple[str, ...]:
    """What of the plan JMeter 5.5 and 5.6 cannot say exactly."""
    timeout = plan.target.timeout_ms
    said = [
        f"The time-out of {timeout} ms is for connecting and for each wait for bytes, not for the whole answer."
    ]
    if not plan.target.insecure_tls:
        said.append("JMeter accepts every TLS certificate.")
    said.append("When a graceful stop is over, a user still ends the request that it is in.")
    for scenario in plan.scenarios:
        said += _approximated(scenario)
    return tuple(said)


def _approximated(scenario: Scenario) -> list[str]:
    load = scenario.load
    if is_open(load):
        return [
            f"{scenario.name}: an arrival that finds all {threads(load)} users busy is dropped only after 100 ms."
        ]
    said = []
    if isinstance(load, RampingVus) and _goes_down(load):
        said.append(
            f"{scenario.name}: a user above the target ends its iteration, however long that takes "
            f"(graceful_ramp_down {load.graceful_ramp_down_ms} ms is not kept)."
        )
    if duration_ms(load) > _CONNECTION_LIFE_MS:
        said.append(f"{scenario.name}: a user opens a new connection after 60 s (httpclient4.time_to_live).")
    return said


def _goes_down(load: RampingVus) -> bool:
    users = load.start_vus
    for stage in load.stages:
        if stage.target < users:
            return True
        users = stage.target
    return False
