// Companion of constant-arrival-rate.yml, whose header says what it is. Do not edit.
import { cpus } from 'node:os';
import { threadId } from 'node:worker_threads';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send its requests there

// the load -------------------------------------------------------------------------------------------

// Seconds from the start of the load; stages are [seconds, target], arrivals [second, rate before, rate after].
const LOADS = [
  { arrivals: [[0, 0, 1.5], [60, 1.5, 0]] },
];

let started; // ms; when the first user arrived in this worker
const counts = LOADS.map(() => 0); // iterations begun

// before the load ------------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s]+/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

export function loginAsReaderAnswered(req, res, context, events, done) {
  const token = [200].includes(res.statusCode) ? json(res)?.token : undefined;
  if (!token) return done(new Error(`login: ${res.statusCode}, no $.token, ` + 'login as reader'));
  context.vars.tokens_reader = [...(context.vars.tokens_reader ?? []), token];
  return done();
}

// users and iterations -------------------------------------------------------------------------------

const WORKERS = Math.max(1, cpus().length - 1); // as many as Artillery starts
let arrivals = 0;

export function arrive(context, events, done) {
  started ??= Date.now();
  const value = context.vars;
  value.iteration = -1;
  context.load = 0;
  value.vu = arrivals++ * WORKERS + threadId;
  value.as_reader = `Bearer ${value.tokens_reader[0]}`;
  return done();
}

export function begin(context, events, done) {
  const value = context.vars;
  const open = !LOADS[context.load].users;
  context.n = counts[context.load]++ * (open ? WORKERS : 1) + (open ? threadId - 1 : 0);
  value.iteration++;
  value.going = aborted ? [] : [true];
  context.taken = {};
  context.rows = {};
  context.groups = [];
  context._jar?.removeAllCookiesSync?.(); // cookies last one iteration
  return done();
}

// An iteration that ended early waits before the next one: no hot loop on a broken server.
export function end(context, events, done) {
  return done();
}

// every answer ---------------------------------------------------------------------------------------

// A call is an error when any of its expectations is false. That counts against the error budget of its operation; it
// ends the iteration only where the flow says `ends`.
export function judge(req, res, context, events, done) {
  const { request, firstByte, download } = res.timings.phases;
  const ms = request + firstByte + download;
  const { status, has = [], is = [], within = Infinity } = req.expect;
  const body = has.length || is.length || req.take || req.until ? json(res) : undefined;
  const wrong = [
    ...(status.includes(res.statusCode) ? [] : [`answers ${status.join(' or ')}`]),
    ...has.filter((path) => at(body, path) == null).map((path) => `has ${path}`),
    ...is.filter((one) => !one.in.includes(at(body, one.path))).map((one) => `${one.path} is ${one.in.join(' or ')}`),
    ...(ms <= within ? [] : [`within ${within} ms`]),
  ];
  for (const expectation of wrong) console.log(`${req.name}: ${res.statusCode}; expected: ${expectation}`);
  const failed = wrong.length > 0;
  sample(events, req.op, ms, failed);
  if (failed) {
    if (req.ends) context.vars.going = [];
    return done();
  }
  keep(req, body, ms, context, events);
  return done();
}

// No answer at all (refused, timed out): an error without a response time. Artillery ends the virtual user after this.
export function unanswered(error, req, context, events, done) {
  if (req.op) sample(events, req.op, undefined, true);
  return done();
}

function sample(events, op, ms, failed) {
  for (const key of [op]) {
    if (ms !== undefined) events.emit('histogram', `${key}.ms`, ms);
    events.emit('counter', `${key}.requests`, 1);
    events.emit('counter', `${key}.errors`, failed ? 1 : 0);
  }
}

// Captures (percent-encoded in the variables, for URLs), and the metrics of a call that was no error.
function keep({ take = {}, time, count }, body, ms, context, events) {
  for (const [name, path] of Object.entries(take)) {
    context.taken[name] = at(body, path);
    context.vars[name] = encodeURIComponent(context.taken[name]);
  }
  if (time) events.emit('histogram', `${time}.ms`, ms);
  if (count) events.emit('counter', count, 1);
}

function json(res) {
  try {
    return JSON.parse(res.body);
  } catch {
    return undefined;
  }
}

function at(value, path) {
  return (Array.isArray(path) ? path : String(path).split('.')).reduce((found, key) => found?.[key], value);
}

let aborted = false;

// requests that are built here: what a template of Artillery yields would be expanded once more -----------------

export function loginAsReader(req, context, events, done) {
  const value = context.vars;
  value.body_0 = process.env.PASSWORD;
  return done();
}

// steps ----------------------------------------------------------------------------------------------
