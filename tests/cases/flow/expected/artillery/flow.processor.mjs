// Companion of flow.yml, whose header says what it is. Do not edit.

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

export function writeLoginAsReader(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({ password: process.env.PASSWORD }));
  return done();
}

export function loggedInAsReader(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.token : undefined;
  if (!token) return done(new Error('login as reader: ' + res.statusCode + ', no $.token'));
  context.vars.tokenOfReader = token;
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { index: 0, n: 0, name: 'read', users: 2, after: 0, pause: 2000, turn: constantVus(30) },
];
const places = LOADS.flatMap((load) => Array.from({ length: load.users }, (_, i) => ({ load, vu: i + 1, iteration: 0 })));
let taken = 0;
const waiting = new Set();
let start; // ms: when the last user arrives
let aborted = false;

setInterval(() => {
  waiting.forEach(takeTurn);
}, 10).unref();

function constantVus(length) {
  return (user, seconds) => seconds < length;
}

// After each pass of the outer loop, whose first one does nothing.
export function nextIteration(context, again) {
  start ??= performance.now() + 1000 * (1 - 1 / places.length);
  context.user ??= takePlace(context);
  if (!context.user) return again(false);
  context.user.again = again;
  takeTurn(context.user);
}

function takePlace(context) {
  const user = places[taken++];
  if (!user) return undefined;
  user.context = context;
  context.vars[user.load.name] = [true];
  context.vars.asReader = headerText(`Bearer ${context.vars.tokenOfReader}`);
  for (const agent of [context._httpAgent, context._httpsAgent]) agent.options.freeSocketTimeout = 0; // keep the connection
  return user;
}

function takeTurn(user) {
  const seconds = (performance.now() - start) / 1000 - user.load.after;
  const works = aborted ? false : seconds < 0 ? undefined : user.load.turn(user, seconds);
  if (works === undefined) return waiting.add(user);
  waiting.delete(user);
  return user.again(works && begin(user));
}

function begin(user) {
  const { context, load } = user;
  context.n = load.n++;
  context.vars.unique = `${context.vars.run}${load.index.toString(36)}${context.n.toString(36)}`;
  user.iteration++;
  if (context._enableCookieJar) {
    context._jar.removeAllCookiesSync(); // cookies last one iteration
    context._enableCookieJar = false;
  }
  return true;
}

// Leaves the iteration where it stands. The pause: no hot loop on a broken server.
function endIteration({ user }) {
  setTimeout(takeTurn, user.load.pause, user);
}

// the steps ----------------------------------------------------------------------------------------

export function addBook(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, { 'addBook answers 201': res.statusCode === 201, 'addBook has $.id': body?.id != null });
  if (!ok) return endIteration(context);
  context.vars.bookId = segment(wellFormed(body?.id));
  return done();
}

export function startLook(context, events, done) {
  context.beganLook = performance.now();
  return done();
}

export function lookAtIt(req, res, context, events, done) {
  const ok = judge(req, res, events, {
    'look at it answers 200': res.statusCode === 200,
    'look at it within 300 ms': elapsed(res) <= 300,
  });
  if (ok) {
    events.emit('histogram', 'time.look_once.ms', elapsed(res));
    events.emit('counter', 'count.looks', 1);
  }
  return done();
}

export function think100msTo500ms(context, events, done) {
  setTimeout(done, 100 + Math.random() * 400);
}

export function waitForIt(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, {
    'wait for it answers 200': res.statusCode === 200,
    'wait for it has $.title': body?.title != null,
  });
  context.ended = ok && ['READ', 'UNREAD'].includes(body?.shelf);
  context.answer = body;
  return done();
}

export function waitForItAgain(context, again) {
  if (context.ended || context.vars.attempt >= 3) return again(false);
  setTimeout(again, 500, true);
}

export function waitForItEnded(context, events, done) {
  const body = context.answer;
  const passed = context.ended && body?.shelf !== 'UNREAD';
  verdict(events, 'check.wait_for_it_ends_within_3_attempts', passed);
  if (!passed) return endIteration(context);
  context.title = wellFormed(body?.title);
  return done();
}

export function endLook(context, events, done) {
  events.emit('histogram', 'time.look_time.ms', performance.now() - context.beganLook);
  return done();
}

export function choose(context, events, done) {
  const slot = (context.n * 7) % 10; // by turns: exact shares
  context.vars.branchAgain = slot < 7 ? [true] : [];
  context.vars.branch2 = slot >= 7 ? [true] : [];
  return done();
}

export function writeCopy(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({ title: String(context.title) }));
  return done();
}

export function copy(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'copy answers 201': res.statusCode === 201,
    'copy has $.id': body?.id != null,
    'copy $.shelf is READ or UNREAD': ['READ', 'UNREAD'].includes(body?.shelf),
  });
  return done();
}

export function writeListBooks(req, context, events, done) {
  context.vars.listBooksXTenant = headerText(`t ${context.title}`);
  return done();
}

export function listBooks(req, res, context, events, done) {
  judge(req, res, events, { 'listBooks answers 200': res.statusCode === 200 });
  return done();
}

export function refused(req, res, context, events, done) {
  judge(req, res, events, { 'refused answers 400': res.statusCode === 400 });
  return done();
}

// every answer -------------------------------------------------------------------------------------

// A call is an error when any of its checks is false; whatever it is, it has one sample of each of its metrics.
function judge(req, res, events, checks) {
  let errors = 0;
  for (const name in checks) {
    if (checks[name]) continue;
    errors = 1;
    events.emit('counter', `failed.${name}`, 1);
  }
  record(events, `op.${req.name}`, errors, elapsed(res));
  record(events, 'load.all', errors, elapsed(res));
  return errors === 0;
}

// No answer at all: an error without a response time.
export function unanswered(error, req, context, events, done) {
  record(events, `op.${req.name}`, 1);
  record(events, 'load.all', 1);
  events.emit('error', error.code ?? error.message);
  return endIteration(context);
}

function record(events, key, errors, ms) {
  events.emit('counter', `${key}.requests`, 1);
  events.emit('counter', `${key}.errors`, errors);
  events.emit('histogram', 'load.length.ms', performance.now() - start);
  if (ms !== undefined) sample(events, key, ms);
  watch(events, key, errors, ms);
}

function verdict(events, key, passed) {
  events.emit('counter', `${key}.requests`, 1);
  events.emit('counter', `${key}.errors`, passed ? 0 : 1);
  watch(events, key, passed ? 0 : 1);
}

// Percentiles that Artillery's summaries lack: how many samples are beyond the limit?
const BEYOND = [
  ['op.addBook', 'op.addBook.over_2000.samples', (ms) => ms > 2000],
  ['op.look_at_it', 'op.look_at_it.over_2000.samples', (ms) => ms > 2000],
  ['op.wait_for_it', 'op.wait_for_it.over_2000.samples', (ms) => ms > 2000],
  ['op.copy', 'op.copy.over_2000.samples', (ms) => ms > 2000],
  ['op.listBooks', 'op.listBooks.over_2000.samples', (ms) => ms > 2000],
  ['op.refused', 'op.refused.over_2000.samples', (ms) => ms > 2000],
];

function sample(events, key, ms) {
  events.emit('histogram', `${key}.ms`, ms);
  for (const [of, counter, isBeyond] of BEYOND) if (of === key) events.emit('counter', counter, isBeyond(ms) ? 1 : 0);
}

// Limits that end the run: looked at every two seconds, once they have ten samples.
const WATCHED = [
  { of: 'op.copy', text: 'copy errors <= 0.01', isBeyond: (ms) => ms > 0.01, meets: (t, seconds) => t.errors / t.requests <= 0.01 },
  { of: 'op.copy', text: 'copy p95 <= 500', isBeyond: (ms) => ms > 500, meets: (t, seconds) => t.beyond / t.samples <= 0.05 },
  { of: 'op.copy', text: 'copy p99.9 <= 2000', isBeyond: (ms) => ms > 2000, meets: (t, seconds) => t.beyond / t.samples <= 0.001 },
  { of: 'op.copy', text: 'copy max <= 2000', isBeyond: (ms) => ms > 2000, meets: (t, seconds) => t.beyond === 0 },
].map((limit) => ({ ...limit, tally: { requests: 0, errors: 0, samples: 0, sum: 0, beyond: 0 } }));
let looksAt; // ms

function watch(events, key, errors, ms) {
  for (const { of, isBeyond, tally } of WATCHED) {
    if (of !== key) continue;
    tally.requests++;
    tally.errors += errors;
    if (ms === undefined) continue;
    tally.samples++;
    tally.sum += ms;
    if (isBeyond(ms)) tally.beyond++;
  }
  const now = performance.now();
  if (looksAt === undefined) events.emit('counter', 'load.aborted', 0);
  looksAt ??= start + 2000;
  if (aborted || now < looksAt) return;
  looksAt = now + 2000;
  const missed = WATCHED.find(({ tally, meets }) => tally.requests >= 10 && !meets(tally, (now - start) / 1000));
  if (!missed) return;
  aborted = true;
  events.emit('counter', 'load.aborted', 1);
  console.log(`the run ends early, a limit is missed: ${missed.text}`);
}

// From the first byte sent to the last byte read, in ms.
function elapsed(res) {
  const { request, firstByte, download } = res.timings.phases;
  return request + firstByte + download;
}

// Artillery joins the parts of an answer as text, each by itself: a character that two of them share would be lost.
let decoding;
export function decodeAnswers(context, events, done) {
  decoding ??= events.on('trace:http:response', (res) => res.setEncoding('utf8'));
  return done();
}

function json(res) {
  try {
    return JSON.parse(res.body);
  } catch {
    return undefined;
  }
}

// Half a character cannot be percent-encoded.
function wellFormed(value) {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

// A name in a path. Dots alone are another path (RFC 3986 section 5.2.4), percent-encoded once too; twice they are a name.
function segment(value) {
  return encodeURIComponent(value).replace(/^\.\.?$/, (dots) => dots.replaceAll('.', '%252E'));
}

// UTF-8, as the bytes that Node writes; what could end a header is left out.
function headerText(text) {
  return Buffer.from(String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '')).toString('latin1');
}
