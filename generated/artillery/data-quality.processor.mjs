// Companion of data-quality.yml, whose header says what it is. Do not edit.

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['JIVS_PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

export function writeLoginAsAdmin(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({ username: (process.env.JIVS_USERNAME || 'admin'), password: process.env.JIVS_PASSWORD }));
  return done();
}

export function loggedInAsAdmin(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.accessToken : undefined;
  if (!token) return done(new Error('login as admin: ' + res.statusCode + ', no $.accessToken'));
  context.vars.tokenOfAdmin = token;
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  {
    index: 0,
    n: 0,
    name: 'qualityRules',
    users: 50,
    after: 0,
    pause: 1000,
    turn: rampingVus(0, [[60, 50], [240, 50]]),
  },
];
const places = LOADS.flatMap((load) => Array.from({ length: load.users }, (_, i) => ({ load, vu: i + 1, iteration: 0 })));
let taken = 0;
const waiting = new Set();
let start; // ms: when the last user arrives

setInterval(() => {
  waiting.forEach(takeTurn);
}, 10).unref();

// User k works while the curve is at k or above; stages are [length, target].
function rampingVus(startVus, stages) {
  return ({ vu }, seconds) => {
    let from = startVus;
    for (const [length, to] of stages) {
      if (seconds < length) {
        const wanted = from + ((to - from) * seconds) / length;
        return vu <= (to > from ? Math.floor(wanted) : Math.ceil(wanted)) || undefined;
      }
      seconds -= length;
      from = to;
    }
    return false;
  };
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
  context.vars.asAdmin = headerText(`Bearer ${context.vars.tokenOfAdmin}`);
  for (const agent of [context._httpAgent, context._httpsAgent]) agent.options.freeSocketTimeout = 0; // keep the connection
  return user;
}

function takeTurn(user) {
  const seconds = (performance.now() - start) / 1000 - user.load.after;
  const works = seconds < 0 ? undefined : user.load.turn(user, seconds);
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

export function createQualityRule(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, {
    'createQualityRule answers 201': res.statusCode === 201,
    'createQualityRule has $.data.id': body?.data?.id != null,
    'createQualityRule within 500 ms': elapsed(res) <= 500,
  });
  if (!ok) return endIteration(context);
  context.vars.ruleId = encodeURIComponent(wellFormed(body?.data?.id));
  context.vars.segmentRuleId = segment(wellFormed(body?.data?.id));
  return done();
}

export function executeQualityRule(req, res, context, events, done) {
  judge(req, res, events, {
    'executeQualityRule answers 200 or 201': [200, 201].includes(res.statusCode),
    'executeQualityRule within 500 ms': elapsed(res) <= 500,
  });
  return done();
}

export function listQualityIssues(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'listQualityIssues answers 200': res.statusCode === 200,
    'listQualityIssues has $.data.content': body?.data?.content != null,
    'listQualityIssues has $.data.totalElements': body?.data?.totalElements != null,
    'listQualityIssues within 500 ms': elapsed(res) <= 500,
  });
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
  record(events, 'load.all', errors);
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
  if (ms !== undefined) events.emit('histogram', `${key}.ms`, ms);
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
