// Companion of extraction-progress.yml, whose header says what it is. Do not edit.
import { cpus } from 'node:os';
import { threadId } from 'node:worker_threads';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send its requests there

// the load -------------------------------------------------------------------------------------------

// Seconds from the start of the load; stages are [seconds, target], arrivals [second, rate before, rate after].
const LOADS = [
  { arrivals: [[0, 0, 10], [60, 10, 50], [180, 50, 10], [240, 10, 0]] },
];

let started; // ms; when the first user arrived in this worker
const counts = LOADS.map(() => 0); // iterations begun

// before the load ------------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s]+/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['JIVS_PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

export function loginAsAdminAnswered(req, res, context, events, done) {
  const token = [200].includes(res.statusCode) ? json(res)?.accessToken : undefined;
  if (!token) return done(new Error(`login: ${res.statusCode}, no $.accessToken, ` + 'login as admin'));
  context.vars.tokens_admin = [...(context.vars.tokens_admin ?? []), token];
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
  value.as_admin = `Bearer ${value.tokens_admin[0]}`;
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
  if (req.until) {
    const holds = (one) => one.in.includes(at(body, one.path));
    context.poll.ended = !failed && req.until.every(holds);
    context.poll.passed = context.poll.ended && !(req.failOn ?? []).some(holds);
    context.poll.body = body;
    return done();
  }
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
  for (const key of [op, 'all']) {
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

export function loginAsAdmin(req, context, events, done) {
  const value = context.vars;
  value.body_0 = (process.env.JIVS_USERNAME || 'admin');
  value.body_1 = process.env.JIVS_PASSWORD;
  return done();
}

export function prepareCreateExtraction(req, context, events, done) {
  const value = context.vars;
  value.body_1 = (process.env.SOURCE_PASSWORD || 'test');
  return done();
}

// steps ----------------------------------------------------------------------------------------------

export function startPoll(context, events, done) {
  context.poll = { attempts: 0, began: Date.now() };
  return done();
}

// whileTrue: another attempt, after the pause?
function poll(attempts, every) {
  return function (context, again) {
    context.poll.attempts++;
    if (context.poll.ended || context.poll.attempts >= attempts) return again(false);
    setTimeout(again, every, true);
  };
}

function endPoll(check, call) {
  return function (context, events, done) {
    const { ended, passed, body, began } = context.poll;
    events.emit('counter', `${check}.requests`, 1);
    events.emit('counter', `${check}.errors`, passed ? 0 : 1);
    if (!passed) console.log(`${check}: did not end as it should`);
    if (ended && call.time) events.emit('histogram', `${call.time}.ms`, Date.now() - began);
    if (passed) keep({ take: call.take, count: call.count }, body, 0, context, events);
    else if (call.ends) context.vars.going = [];
    return done();
  };
}

export const againGetExtraction = poll(10, 2000);
export const endOfGetExtraction = endPoll('check.getExtraction_ends_within_10_attempts', { time: 'time.extraction_completion' });
