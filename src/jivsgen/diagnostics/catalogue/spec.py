"""What is wrong with an OpenAPI document, where a profile needs it."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

SPEC: dict[str, Entry] = {
    "any-media-type": Entry(
        "warning",
        "The document does not say of which media type an answer is (`*/*`, as springdoc writes it); it is read as JSON.",
        "Name the type. The message holds the overlay that says `application/json`; where it is another one, mend that.",
    ),
    "bad-overlay": Entry(
        "error",
        "An overlay is not one of the OpenAPI Overlay Specification 1.0, or asks for what cannot be done.",
        "An overlay has `overlay: 1.0.0`, `info` and `actions`; an action has a `target` (a JSONPath, RFC 9535) and an `update` "
        "or `remove: true`. An object is updated by an object; to a list, entries are appended.",
    ),
    "broken-reference": Entry(
        "error",
        "A `$ref` leads nowhere, or back to itself.",
        "Mend the reference, or add the component that it names. References are JSON Pointers: `#/components/schemas/User`.",
    ),
    "local-server": Entry(
        "warning",
        "The first server of the document is the machine of whoever reads it (`localhost`), and others follow: it was exported "
        "by a developer. Base paths are taken from the first server, addresses never: they come from the profile's "
        "`target.base_url` or from BASE_URL.",
        "Let the document begin with the server that the load is for. The message holds the overlay that takes the local one out.",
    ),
    "malformed-spec": Entry(
        "error",
        "A part of the document that a profile uses does not have the shape that OpenAPI gives it.",
        "Compare it with the OpenAPI specification; `openapi-spec-validator` names such places too.",
    ),
    "misnamed-path-parameter": Entry(
        "warning",
        "The path parameters of an operation are not those of its path template.",
        "Give the parameter the name that the path has. The message holds the overlay that does so.",
    ),
    "object-parameter": Entry(
        "warning",
        "A required query parameter is an object whose members are sent as parameters of their own (springdoc's `Pageable`).",
        "A profile may name the members (`query: {page: 0}`). The message holds the overlay that documents them as they are.",
    ),
    "secured-login": Entry(
        "warning",
        "The document asks for a token to call the operation that gives one: the security of the whole API is not lifted for it.",
        "Say `security: []` on the operation. The message holds the overlay that does so.",
    ),
    "unsaid-roles": Entry(
        "warning",
        "The profile calls as several roles, and the document says of no operation who may call it, not even that it may answer "
        "403. That a role may not do what a step asks is found out by the run.",
        "Document 403 where it can be answered. The message holds the overlay for what the profile calls as other roles than its "
        "first.",
    ),
    "unstable-operation-id": Entry(
        "warning",
        "An operationId ends in `_1`, `_2` …: a generator numbered it, and may number it otherwise next time. The scripts, their "
        "samples and SLOs are named after it.",
        "Call the operation by METHOD and path, and give it a name of its own with the overlay that the message holds.",
    ),
    "untyped-body": Entry(
        "warning",
        "The document describes a body as an object with any members (`Map<String, Object>`): a misspelt field is not found.",
        "Teach the fields with an overlay; the message holds one that is made from what the profile sends.",
    ),
    "not-openapi": Entry(
        "error",
        "The document is no OpenAPI 3.0 or 3.1 document.",
        "Swagger 2.0 is converted by `npx swagger2openapi`. Springdoc serves OpenAPI 3 at `/v3/api-docs`.",
    ),
    "overlay-without-effect": Entry(
        "warning",
        "The target of an overlay's action matches nothing in the document: it is misspelt, or the document has moved on.",
        "Mend the JSONPath, or remove the action when the document now says itself what the overlay taught.",
    ),
    "remote-reference": Entry(
        "error",
        "A `$ref` names a URL that no `--allow-ref` allows, or a file outside of the folder of the spec. A document that comes "
        "from elsewhere must not make your machine fetch or read things.",
        "Copy what it references beside the spec, and reference it by a relative path. Or let it be fetched: `--allow-ref URL` names "
        "it, or all below a URL, on the command line of every verb that reads the spec.",
    ),
}
