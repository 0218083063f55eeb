// Companion of analytics-dashboard.yml, whose header says what it is. Do not edit.

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['JIVS_VIEWER_PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  return done();
}

export function writeLoginAsViewer(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({
    username: (process.env.JIVS_VIEWER_USERNAME || 'viewer'),
    password: process.env.JIVS_VIEWER_PASSWORD,
  }));
  return done();
}

export function loggedInAsViewer(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.accessToken : undefined;
  if (!token) return done(new Error('login as viewer: ' + res.statusCode + ', no $.accessToken'));
  context.vars.tokenOfViewer = token;
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { n: 0, name: 'mix', users: 20, after: 0, pause: 1000, turn: constantVus(300) },
];
const places = LOADS.flatMap((load) => Array.from({ length: load.users }, (_, i) => ({ load, vu: i + 1, iteration: 0 })));
let taken = 0;
const waiting = new Set();
let start; // ms: when the last user arrives

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
  context.vars.asViewer = headerText(`Bearer ${context.vars.tokenOfViewer}`);
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

export function choose(context, events, done) {
  const slot = (context.n * 7) % 10; // by turns: exact shares
  context.vars.branchDashboards = slot < 7 ? [true] : [];
  context.vars.branchReports = slot >= 7 ? [true] : [];
  return done();
}

export function writeGetAnalyticsDashboard(req, context, events, done) {
  context.vars.from = encodeURIComponent(today(-30));
  context.vars.to = encodeURIComponent(today(0));
  return done();
}

export function getAnalyticsDashboard(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getAnalyticsDashboard answers 200': res.statusCode === 200,
    'getAnalyticsDashboard has $.data.extractions.total': body?.data?.extractions?.total != null,
    'getAnalyticsDashboard has $.data.dataQuality.overallScore': body?.data?.dataQuality?.overallScore != null,
    'getAnalyticsDashboard has $.data.generatedAt': body?.data?.generatedAt != null,
  });
  return done();
}

export function getDataQualityDashboard(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getDataQualityDashboard answers 200': res.statusCode === 200,
    'getDataQualityDashboard has $.data.overallScore': body?.data?.overallScore != null,
  });
  return done();
}

export function getComplianceDashboard(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getComplianceDashboard answers 200': res.statusCode === 200,
    'getComplianceDashboard has $.data.openRequests': body?.data?.openRequests != null,
  });
  return done();
}

export function think2sTo5s(context, events, done) {
  setTimeout(done, 2000 + Math.random() * 3000);
}

export function writeGetPerformanceAnalytics(req, context, events, done) {
  context.vars.from2 = encodeURIComponent(today(-7));
  context.vars.to2 = encodeURIComponent(today(0));
  return done();
}

export function getPerformanceAnalytics(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getPerformanceAnalytics answers 200': res.statusCode === 200,
    'getPerformanceAnalytics has $.data.requestsPerSecond': body?.data?.requestsPerSecond != null,
  });
  return done();
}

export function choose2(context, events, done) {
  const slot = ((context.n + Math.floor(context.n / 30)) * 5) % 6; // by turns: exact shares
  context.vars.branch1 = slot < 3 ? [true] : [];
  context.vars.branch2 = slot >= 3 && slot < 5 ? [true] : [];
  context.vars.branch3 = slot >= 5 ? [true] : [];
  return done();
}

export function writeGetExtractionAnalytics(req, context, events, done) {
  context.vars.from3 = encodeURIComponent(today(-90));
  context.vars.to3 = encodeURIComponent(today(0));
  return done();
}

export function getExtractionAnalytics(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getExtractionAnalytics answers 200': res.statusCode === 200,
    'getExtractionAnalytics has $.data.totals.successRate': body?.data?.totals?.successRate != null,
  });
  return done();
}

export function writeGetMigrationAnalytics(req, context, events, done) {
  context.vars.from4 = encodeURIComponent(today(-90));
  context.vars.to4 = encodeURIComponent(today(0));
  return done();
}

export function getMigrationAnalytics(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getMigrationAnalytics answers 200': res.statusCode === 200,
    'getMigrationAnalytics has $.data.totals.successRate': body?.data?.totals?.successRate != null,
  });
  return done();
}

export function getUsageAnalytics(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'getUsageAnalytics answers 200': res.statusCode === 200,
    'getUsageAnalytics has $.data.apiCalls': body?.data?.apiCalls != null,
  });
  return done();
}

export function listQualityReports(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'listQualityReports answers 200': res.statusCode === 200,
    'listQualityReports has $.data.totalPages': body?.data?.totalPages != null,
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

// UTF-8, as the bytes that Node writes; what could end a header is left out.
function headerText(text) {
  return Buffer.from(String(text).replace(/[\0-\x08\n-\x1f\x7f]/g, '')).toString('latin1');
}

function today(days) {
  return new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
}
