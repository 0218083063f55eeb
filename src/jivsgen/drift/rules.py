"""What a changed spec can mean for a load test, as data. Where oasdiff has a rule of the same meaning, its id is used."""

from __future__ import annotations

from msgspec import Struct


class Rule(Struct, frozen=True):
    """`level`: `error` breaks what a profile uses, `warning` changes it, `note` is good to know. `what` names the change,
    `why` it matters for a load test, `mend` what to do."""

    level: str
    what: str
    why: str
    mend: str


_PROFILE = "Change the profile, build, and commit both with the spec."
_BUILD = "Run `jivsgen build`, read the diff of the scripts, and commit it with the spec."

RULES: dict[str, Rule] = {
    "api-removed-without-deprecation": Rule(
        "error",
        "An operation that a profile calls is gone.",
        "Every request of it will be answered with 404 or 405.",
        "Call what replaces it, or take the step out. " + _PROFILE,
    ),
    "api-operation-id-removed": Rule(
        "error",
        "An operation has another operationId.",
        "A profile that names it by the old one compiles no more; samples and SLOs are named after it.",
        "Use the new name, also in `slo:`, or METHOD and path. " + _PROFILE,
    ),
    "api-path-changed": Rule(
        "error",
        "A request goes to another URL.",
        "The committed scripts call the old one.",
        "Name it anew where the profile names it by METHOD and path. " + _BUILD,
    ),
    "api-security-changed": Rule(
        "error",
        "Who must call an operation, or how they identify themselves, has changed.",
        "The committed scripts send the wrong credentials, or none: 401 or 403.",
        "Give the step or the profile the role that is asked for. " + _BUILD,
    ),
    "api-security-removed": Rule(
        "warning",
        "An operation asks nobody any more who they are.",
        "The committed scripts still send a token, and measure a server that does not look at it.",
        _BUILD,
    ),
    "new-required-request-parameter": Rule(
        "error",
        "A parameter is required now that a step does not send.",
        "The server may answer 400.",
        "Bind it in the step. " + _PROFILE,
    ),
    "request-parameter-removed": Rule(
        "error",
        "A step sends a parameter that is not documented any more.",
        "It is ignored or refused: what the step measures is something else.",
        _PROFILE,
    ),
    "new-required-request-property": Rule(
        "error",
        "A body needs a field that a step does not send.",
        "The server may answer 400.",
        "Add it to the step's `body:` or `with:`. " + _PROFILE,
    ),
    "request-property-removed": Rule(
        "error",
        "A step sends a field that is not documented any more.",
        "It is ignored or refused.",
        _PROFILE,
    ),
    "request-property-type-changed": Rule(
        "error",
        "A value that a step sends has the wrong type now.",
        "The server may answer 400.",
        _PROFILE,
    ),
    "request-property-enum-value-removed": Rule(
        "error",
        "A value that a step sends is not listed any more.",
        "The server may answer 400.",
        _PROFILE,
    ),
    "request-property-constraint-changed": Rule(
        "error",
        "A value that a step sends breaks a bound, a format or a pattern now.",
        "The server may answer 400.",
        _PROFILE,
    ),
    "request-body-removed": Rule(
        "error", "An operation takes no body any more.", "The step sends one.", "Remove it. " + _PROFILE
    ),
    "request-body-became-required": Rule(
        "error", "An operation needs a body now.", "The step sends none.", "Give it one. " + _PROFILE
    ),
    "request-body-media-type-removed": Rule(
        "error",
        "A body has another media type.",
        "The server may answer 415, or not understand it.",
        _PROFILE,
    ),
    "request-body-invalid": Rule(
        "error",
        "The body that the scripts send is not valid any more.",
        "It was built from the document, and the document has changed.",
        _BUILD,
    ),
    "request-body-changed": Rule(
        "warning",
        "The body that is built from the document is another one.",
        "The committed scripts still send a valid one, but not what a build would send.",
        _BUILD,
    ),
    "response-success-status-removed": Rule(
        "error",
        "A status that a step expects is not documented any more.",
        "Every call counts as an error.",
        "Expect what is documented now. " + _PROFILE,
    ),
    "response-success-status-added": Rule(
        "warning",
        "An operation documents another success.",
        "The committed scripts call it an error; a step that says nothing of `expect` accepts it after a build.",
        _BUILD,
    ),
    "response-property-removed": Rule(
        "error",
        "An answer has no more what a step captures, checks or waits for.",
        "The check will fail; without its capture the iteration ends.",
        "Take it from where it is now. " + _PROFILE,
    ),
    "response-property-type-changed": Rule(
        "error",
        "What a step captures or compares has another type.",
        "The capture cannot be used, or the comparison never holds.",
        _PROFILE,
    ),
    "response-property-retyped": Rule(
        "warning",
        "What a step captures or checks is of another type.",
        "The scripts do not mind; what uses the capture may.",
        "Look at what is done with it.",
    ),
    "response-property-enum-value-removed": Rule(
        "error",
        "A value that a step waits for or checks is never answered any more.",
        "A check that can never hold, or a poll that never ends.",
        _PROFILE,
    ),
    "response-property-enum-value-added": Rule(
        "warning",
        "What a step waits for or checks has a new value.",
        "If it ends the work, the poll goes on until its attempts are used up.",
        "Add it to `until` or `fail_on` where it is an end.",
    ),
    "response-property-became-nullable": Rule(
        "warning",
        "What a step captures or checks may be null now.",
        "null counts as absent: the check fails where the server makes use of it.",
        "Check what the server answers; expect it where it is legal.",
    ),
    "response-property-became-optional": Rule(
        "warning",
        "What a step captures or checks may be left out now.",
        "The check fails where the server makes use of it.",
        "Check what the server answers.",
    ),
    "response-untyped": Rule(
        "warning",
        "The document says nothing any more of what a step captures or checks.",
        "Nobody can tell before the run whether it is there.",
        "Teach it with an overlay; `jivsgen lint` prints one.",
    ),
    "plan-changed": Rule(
        "error",
        "A profile compiles to another plan, or not at all.",
        "A change of the document that no other rule names.",
        "`jivsgen lint` and `jivsgen check --diff` show it.",
    ),
    "operation-deprecated": Rule(
        "note",
        "An operation that a profile calls is deprecated.",
        "It will be gone one day.",
        "Plan for what replaces it.",
    ),
    "operation-changed": Rule(
        "note",
        "An operation that a profile calls has changed, and no request, check or capture with it.",
        "The digest in the scripts' headers moves, nothing else.",
        _BUILD,
    ),
}

BY_DIAGNOSTIC: dict[str, str] = {
    "needs-role": "api-security-changed",
    "mixed-security": "api-security-changed",
    "missing-credential": "api-security-changed",
    "no-token-url": "api-security-changed",
    "own-server": "api-path-changed",
    "unknown-security-scheme": "api-security-changed",
    "missing-parameter": "new-required-request-parameter",
    "unbound-path-parameter": "new-required-request-parameter",
    "unknown-parameter": "request-parameter-removed",
    "missing-field": "new-required-request-property",
    "unknown-field": "request-property-removed",
    "wrong-type": "request-property-type-changed",
    "not-in-enum": "request-property-enum-value-removed",
    "out-of-bounds": "request-property-constraint-changed",
    "bad-format": "request-property-constraint-changed",
    "schema-violation": "request-property-constraint-changed",
    "unexpected-body": "request-body-removed",
    "missing-body": "request-body-became-required",
    "undocumented-status": "response-success-status-removed",
    "no-success": "response-untyped",
    "unknown-path": "response-property-removed",
    "not-a-scalar": "response-property-type-changed",
    "impossible-value": "response-property-enum-value-removed",
    "spec-silent": "response-untyped",
    "unknown-slo": "plan-changed",
}
"""What the compiler says of a profile under the new spec, and did not say under the old one, by rule."""
