// Companion of migration-load.yml, whose header says what it is. Do not edit.

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send its requests there

// the load -------------------------------------------------------------------------------------------

// Seconds from the start of the load; stages are [seconds, target], arrivals [second, rate before, rate after].
const LOADS = [
  { start: 0, users: 50, from: 0, stages: [[180, 10], [300, 30], [300, 50], [120, 0]] },
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

const taken = LOADS.map(() => new Set()); // places; a user whose request got no answer gives its place back
const finishedBy = LOADS.map(() => new Map()); // place -> iterations, for loads by count

// How many users the load wants now; -1 when it is over.
function target(load, seconds) {
  if (seconds < 0) return 0;
  if (!load.stages) return seconds < load.longest ? load.users : -1;
  let from = load.from;
  for (const [length, to] of load.stages) {
    if (seconds < length) return from + ((to - from) * seconds) / length;
    seconds -= length;
    from = to;
  }
  return -1;
}

// Waits until the place of this user is wanted; answers false when the load is over for it.
function turn(context, go) {
  const load = LOADS[context.load];
  const wanted = aborted ? -1 : target(load, (Date.now() - started) / 1000 - load.start);
  if (wanted < 0) return go(false);
  if (load.each && (finishedBy[context.load].get(context.vars.vu) ?? 0) >= load.each) return go(false);
  if (load.shared && counts[context.load] >= load.shared) return go(false);
  if (Math.round(wanted) >= context.vars.vu) return go(true);
  setTimeout(turn, 50, context, go);
}

function place(context) {
  for (const [index, load] of LOADS.entries()) {
    if (!load.users) continue;
    for (let vu = 1; vu <= load.users; vu++) {
      if (taken[index].has(vu)) continue;
      taken[index].add(vu);
      context.load = index;
      context.vars.vu = vu;
      return true;
    }
  }
  return false;
}

export function arrive(context, events, done) {
  started ??= Date.now();
  const value = context.vars;
  value.iteration = -1;
  if (!place(context)) return done(new Error('every place is taken'));
  value.as_admin = `Bearer ${value.tokens_admin[0]}`;
  if (LOADS[context.load].users) return turn(context, (run) => done(run ? undefined : new Error('the load is over')));
  return done();
}

export function begin(context, events, done) {
  const value = context.vars;
  const open = !LOADS[context.load].users;
  context.n = counts[context.load]++;
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
  if (LOADS[context.load].each) finished(context);
  const pause = [1000][context.load];
  if (context.vars.going.length === 0 && LOADS[context.load].users) return setTimeout(done, pause);
  return done();
}

function finished(context) {
  const places = finishedBy[context.load];
  places.set(context.vars.vu, (places.get(context.vars.vu) ?? 0) + 1);
}

export function nextIteration(context, again) {
  turn(context, again);
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
  if (LOADS[context.load]?.users) taken[context.load].delete(context.vars.vu);
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

export function prepareCreateMigration(req, context, events, done) {
  const value = context.vars;
  value.body_1 = (process.env.SOURCE_PASSWORD || 'source_pass');
  value.body_2 = (process.env.TARGET_PASSWORD || 'target_pass');
  return done();
}

export function prepareValidateMigration(req, context, events, done) {
  const value = context.vars;
  value.body_1 = (process.env.SOURCE_PASSWORD || 'source_pass');
  value.body_2 = (process.env.TARGET_PASSWORD || 'target_pass');
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

export function startGroup(context, events, done) {
  context.groups.push(Date.now());
  return done();
}

function endGroup(metric) {
  return function (context, events, done) {
    events.emit('histogram', `${metric}.ms`, Date.now() - context.groups.pop());
    return done();
  };
}

export const endOfAllSevenPhases = endGroup('time.migration_phase_duration');
export const againGetMigrationProgress = poll(20, 3000);
export const endOfGetMigrationProgress = endPoll('check.getMigrationProgress_ends_within_20_attempts', {});
