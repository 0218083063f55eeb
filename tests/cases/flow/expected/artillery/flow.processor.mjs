// Companion of flow.yml, whose header says what it is. Do not edit.

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send its requests there

// the load -------------------------------------------------------------------------------------------

// Seconds from the start of the load; stages are [seconds, target], arrivals [second, rate before, rate after].
const LOADS = [
  { start: 0, users: 2, from: 2, stages: [[30, 2]] },
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
  value.as_reader = `Bearer ${value.tokens_reader[0]}`;
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
  events.emit('histogram', 'load.elapsed', (Date.now() - started) / 1000);
  if (LOADS[context.load].each) finished(context);
  const pause = [2000][context.load];
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
    watch(key, ms, failed);
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

// Limits that end the run: [metric, statistic, relation, limit].
const limits = [
  ['op.copy', 'errors', '<=', 0.01],
  ['op.copy', 'p95', '<=', 500],
  ['op.copy', 'p99.9', '<=', 2000],
  ['op.copy', 'max', '<=', 2000],
];
const seen = new Map();

function watch(key, ms, failed) {
  const one = seen.get(key) ?? seen.set(key, { ms: [], requests: 0, errors: 0 }).get(key);
  one.requests++;
  if (failed) one.errors++;
  if (ms !== undefined) one.ms.push(ms);
  if (one.requests < 10 || one.requests % 10 > 0) return;
  const sorted = Float64Array.from(one.ms).sort();
  for (const [metric, stat, relation, limit] of limits) {
    if (metric !== key) continue;
    const found = value(stat, sorted, one);
    if (found !== undefined && (relation === '<=' ? found > limit : found < limit)) aborted = true;
  }
}

function value(stat, sorted, { requests, errors }) {
  if (stat === 'errors') return errors / requests;
  if (stat === 'rate') return requests / ((Date.now() - started) / 1000);
  if (stat === 'avg') return sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  if (stat === 'min') return sorted[0];
  const share = stat === 'max' ? 1 : Number(stat.slice(1)) / 100;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

// requests that are built here: what a template of Artillery yields would be expanded once more -----------------

export function loginAsReader(req, context, events, done) {
  const value = context.vars;
  value.body_0 = process.env.PASSWORD;
  return done();
}

export function prepareCopy(req, context, events, done) {
  const value = context.vars;
  value.body_0 = String(context.taken.title);
  return done();
}

export function prepareListBooks(req, context, events, done) {
  const value = context.vars;
  value.header_0 = `t ${context.taken.title}`;
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

// Branches by turns: exact shares. `passes` are the loops around, outer first.
function choose(name, weights, total, step, stride, passes) {
  return function (context, events, done) {
    const turn = passes.reduce((n, [pass, times]) => n * times + context.vars[pass], context.n);
    const slot = ((turn + (stride ? Math.floor(turn / stride) : 0)) * step) % total;
    let below = 0;
    weights.forEach((weight, i) => {
      context.vars[`${name}_${i}`] = slot >= below && slot < below + weight ? [true] : [];
      below += weight;
    });
    return done();
  };
}

function think(min, max) {
  return function (context, events, done) {
    setTimeout(done, min + Math.random() * (max - min));
  };
}

export const endOfLook = endGroup('time.look_time');
export const think100500 = think(100, 500);
export const againWaitForIt = poll(3, 500);
export const endOfWaitForIt = endPoll('check.wait_for_it_ends_within_3_attempts', { take: { title: ['title'] }, ends: true });
export const choose1 = choose('branch', [7, 3], 10, 7, 0, []);
