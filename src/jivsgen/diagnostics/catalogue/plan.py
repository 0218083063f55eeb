"""Where a profile and the spec contradict each other, and what an engine cannot say."""

from __future__ import annotations

from jivsgen.diagnostics.catalogue.entry import Entry

PLAN: dict[str, Entry] = {
    "ambiguous-operation": Entry(
        "error",
        "Several operations of the spec have this operationId, so it names none of them.",
        "Name the operation by its method and path: `call: POST /api/v1/extractions`.",
    ),
    "approximation": Entry(
        "note",
        "An engine cannot express a part of the plan exactly. The script does the nearest thing, and its header says so.",
        "Nothing needs to be done. To be exact, choose another executor, or leave the engine out of `engines:`.",
    ),
    "bad-feed": Entry(
        "error",
        "The file of a feed is not CSV with one header line, or a name in it cannot be used.",
        "RFC 4180: a header line that names the columns, then rows with as many fields; quotes around fields that hold "
        "commas, quotes or line ends.",
    ),
    "bad-file": Entry(
        "error",
        "A file that a body names cannot be sent: it is outside of the project, has a name that cannot be copied beside the "
        "scripts, holds a value that only a run knows, or the spec wants something else in its place.",
        "Commit the file below the project, and name it by `{file: PATH}` where the spec has `type: string, format: binary`, "
        "or since OpenAPI 3.1 an empty schema or a `contentMediaType`.",
    ),
    "bad-format": Entry(
        "error",
        "A value does not have the format or match the pattern that the spec asks for.",
        "Write a value as the spec wants it, or say `expect: 400` if the refusal is what you test.",
    ),
    "bad-header": Entry(
        "error",
        "A header's name has a character that HTTP does not allow there, or its value holds a line end.",
        "Header names are made of letters, digits and `-` (RFC 9110 section 5.6.2).",
    ),
    "broken-artifact": Entry(
        "error",
        "A script that jivsgen rendered does not hold against the grammar of its engine. Nothing was written.",
        "This is a bug of jivsgen; please report it with the profile.",
    ),
    "cannot-build-body": Entry(
        "error",
        "The step has no `body:`, and no valid one could be built from the schema.",
        "Write the body, or give the schema an example that is valid.",
    ),
    "contract-violation": Entry(
        "error",
        "openapi-core, which reads the contract independently of jivsgen, refuses a request that the plan would send.",
        "Compare the request (`jivsgen plan`) with the operation. If the two readings differ, please report it.",
    ),
    "empty-feed": Entry(
        "error",
        "A feed has no rows, so that no iteration could take one.",
        "Add rows to the file below the header line.",
    ),
    "engine-refused": Entry(
        "error",
        "The real engine refuses a script, or could not be run.",
        "Build again; if a fresh script is refused, this is a bug of jivsgen.",
    ),
    "file-exists": Entry(
        "error",
        "`jivsgen init` writes new files only, and there is one of that name.",
        "Choose another name with `--name`, another folder with `--out`, or move the file away.",
    ),
    "empty-parameter": Entry(
        "error",
        "A parameter of the query has no value (`q=`), and the spec does not allow that (`allowEmptyValue`, OpenAPI 3.0.3, Parameter "
        "Object).",
        "Leave the parameter out, or allow it in an overlay.",
    ),
    "impossible-value": Entry(
        "error",
        "A check, `until` or `fail_on` compares with a value that the spec never lets stand there. Such a check can never "
        "hold, and such a poll never ends.",
        "Compare with a value of the documented type and enum.",
    ),
    "mixed-security": Entry(
        "error",
        "The operations of one role want its token in different headers, or different credentials in the same header.",
        "Declare a role for each security scheme, and say `as:` in the steps.",
    ),
    "missing-body": Entry(
        "error",
        "The operation needs a body, and the step says `body: null`.",
        "Leave `body:` out to have one built from the spec, or write it.",
    ),
    "missing-credential": Entry(
        "error",
        "The operation asks for a credential (a key, a token, a name and a password) that the step's role does not have.",
        "Give it to the role in `auth:`, from the environment; where it goes in the request, the spec says.",
    ),
    "missing-field": Entry(
        "error",
        "A body lacks a field that the spec requires.",
        "Add the field. With `with:` in place of `body:` the rest is built from the spec.",
    ),
    "missing-parameter": Entry(
        "error",
        "A required parameter in the query, a header or a cookie is not given.",
        "Add it under `query:`, `headers:` or `cookies:` of the step.",
    ),
    "name-clash": Entry(
        "error",
        "One name would stand for two things: calls of different operations, two polls, a metric and a call. Their "
        "samples would be judged together.",
        "Give one of them a `name:` of its own.",
    ),
    "needs-role": Entry(
        "error",
        "The spec secures the operation, and the step has no role, so that it would be answered with 401.",
        "Declare a role in `auth:`. If the 401 is what you test: `as: anonymous` and `expect: 401`.",
    ),
    "no-iteration": Entry(
        "error",
        "A login happens once before the load, where there is no virtual user, no iteration and no capture.",
        "Use constants, `${env.NAME}`, or `${users.COLUMN}` of the role's pool of users.",
    ),
    "no-token-url": Entry(
        "error",
        "A client gets its token at the `tokenUrl` of the spec's OAuth2 scheme (flow `clientCredentials`), and there is none, "
        "or more than one, or one that no script can call.",
        'Mend the spec with an overlay. Where the token is got elsewhere: `call:`, or a ready `token: "${env.TOKEN}"`.',
    ),
    "no-success": Entry(
        "warning",
        "The operation documents no 2xx answer, so 200 is expected.",
        "Say `expect:` in the step, or document the answer in the spec.",
    ),
    "not-a-scalar": Entry(
        "error",
        "A capture takes an object or a list. It can only hold one text, number or boolean.",
        "Capture a member of it: `$.data.items[0].id`.",
    ),
    "not-distinct": Entry(
        "warning",
        "`${vu}` and `${iteration}` tell iterations apart only as a pair, and only within one scenario with a closed "
        "load: another scenario counts anew, and an arrival is a new user.",
        "Write `${unique}`: unlike in every iteration of every run, at most 16 characters.",
    ),
    "not-in-enum": Entry(
        "error",
        "A value is not one of those that the spec lists.",
        "Write one of them, or say `expect: 400` if the refusal is what you test.",
    ),
    "out-of-bounds": Entry(
        "error",
        "A number or a length is outside of the bounds that the spec sets. `${unique}` counts as 16 characters.",
        "Change the value, or say `expect: 400` if the refusal is what you test.",
    ),
    "nothing-to-call": Entry(
        "error",
        "`jivsgen init` found no operation that it can call: there is none, or each of those chosen is broken or asks for "
        "what jivsgen cannot send.",
        "The hint says why for each. Choose others with `--tag` or `--operations`, or mend the document.",
    ),
    "own-server": Entry(
        "error",
        "The operation, or its path, has `servers` of its own, which are not those of the document. A load goes to one base URL.",
        "Remove them with an overlay where the base URL serves the operation, too; or give the operation a profile and an overlay "
        "that makes its server the document's.",
    ),
    "over-limit": Entry(
        "warning",
        "The planned load asks for more of an operation than `limits:` lets one user have: the run would measure the "
        "limiter and not the API.",
        "Give the role a pool of users (`users: users.csv`), lower the load, or raise the limit of the test system.",
    ),
    "schema-violation": Entry(
        "error",
        "A value breaks the schema in a way that has no simple name (`oneOf`, `not`, `dependentRequired` …).",
        "Compare the value with the schema at the place that the message names.",
    ),
    "spec-silent": Entry(
        "warning",
        "A capture, check or poll uses a part of an answer that the spec does not describe, so nobody can tell before "
        "the run whether it is there.",
        "Describe the answer in the spec. Where the spec is not yours, an overlay can teach it.",
    ),
    "too-few-vus": Entry(
        "warning",
        "At the planned arrival rate more iterations are under way at once than `max_vus` allows: the rest would be "
        "dropped, and the rate never reached.",
        "Raise `max_vus` to at least rate × length of an iteration, or shorten the thinks.",
    ),
    "two-defaults": Entry(
        "error",
        "One environment variable has different defaults at different places.",
        "Write the same default everywhere, or none.",
    ),
    "unbound-path-parameter": Entry(
        "error",
        "The path of the operation has a parameter that the step does not bind.",
        'Add it: `path: {id: "${extraction_id}"}`.',
    ),
    "uncaptured-name": Entry(
        "error",
        "A text uses a name that no earlier step has captured on every way to it.",
        "Capture it before (`capture: {extraction_id: $.data.id}`). A capture under `on_failure: continue`, or in only one "
        "branch of a `choose`, may be left out at run time.",
    ),
    "undocumented-status": Entry(
        "error",
        "A step expects a status that the operation does not document.",
        "Expect a documented one, or document this one in the spec (an overlay can).",
    ),
    "unexpected-body": Entry(
        "error",
        "The step has a body, and the operation takes none.",
        "Remove it.",
    ),
    "unknown-column": Entry(
        "error",
        "A text uses a column that the header line of the feed does not name.",
        "Compare it with the first line of the CSV file.",
    ),
    "unknown-feed": Entry(
        "error",
        "A text uses a feed that the profile does not declare.",
        "Declare it: `feeds: {customers: {file: ../data/customers.csv}}`.",
    ),
    "too-many-ways": Entry(
        "error",
        "Schemas reference each other so often (each the next one twice, say) that to hold a value against them would have no end.",
        "Let each schema name another one once. Where the document is somebody else's, an overlay replaces it.",
    ),
    "unknown-field": Entry(
        "error",
        "A body has a field that the spec does not document: most often a misspelling, which the server would ignore.",
        "Correct the name. If the server takes more than the spec says, `additionalProperties: true` in the spec says so.",
    ),
    "unknown-limit": Entry(
        "error",
        "A key of `limits:` is neither an operation that the profile calls nor a tag of one.",
        "Use an operationId or a tag of the spec.",
    ),
    "unknown-media-type": Entry(
        "error",
        "The operation, or a part of its form, does not take a body of that media type.",
        "Choose one that the spec lists: by `headers: {Content-Type: …}` for a body, by `type:` beside `file:` for a file. A "
        "call that expects a 4xx may send what it likes.",
    ),
    "unknown-operation": Entry(
        "error",
        "The spec has no operation of that name.",
        "Name it by its operationId, or by method and path as the spec writes it: `call: GET /api/v1/extractions/{id}`.",
    ),
    "unknown-parameter": Entry(
        "error",
        "The operation has no parameter of that name.",
        "Correct the name. Parameters that the server knows and the spec does not: add them with an overlay.",
    ),
    "unknown-path": Entry(
        "error",
        "A capture, check or poll uses a part of an answer that the spec says is not there.",
        "Correct the path: members and indices only, as in `$.data.items[0].id`.",
    ),
    "unknown-role": Entry(
        "error",
        "A step says `as:` with a role that `auth:` does not declare.",
        "Declare the role, or correct the name. `anonymous` sends no token.",
    ),
    "unknown-security-scheme": Entry(
        "error",
        "The operation asks for a security scheme that the spec does not define.",
        "Define it under `components.securitySchemes`, with an overlay where the spec is not yours; or give the role "
        "`headers:` of its own.",
    ),
    "unknown-slo": Entry(
        "error",
        "A key of `slo:` is not the name of a call, a `time:` metric, `default` or `all`; or asks a metric for what it "
        "does not have.",
        "Correct the name. An SLO on nothing would always be met, or never.",
    ),
    "unprintable-text": Entry(
        "error",
        "A text holds a character that cannot be sent or written there (a control character in a URL or a header, for "
        "example).",
        "Remove it. In a JSON body every character is allowed.",
    ),
    "unsupported": Entry(
        "error",
        "The operation needs something that jivsgen cannot do yet.",
        "Choose another operation, or follow the hint.",
    ),
    "unused": Entry(
        "warning",
        "Something is declared and never used: a role, a feed, a capture.",
        "Remove it, or use it.",
    ),
    "wrong-type": Entry(
        "error",
        "A value has another JSON type than the spec asks for.",
        'Mind the quotes: `5` is a number, `"5"` is text. A `${…}` that stands alone becomes a number where the spec wants '
        "one.",
    ),
}
