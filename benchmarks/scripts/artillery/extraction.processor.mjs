// Companion of extraction.yml. An answer is parsed once; a request costs two samples of metrics, and errors only where they are.

const ITERATIONS = Number(process.env.ITERATIONS ?? 5);
const CALLS = { createExtraction: 'create', startExtraction: 'start', getExtraction: 'get', listExtractions: 'list' };

const frame = JSON.stringify({
  name: 'Load Test Extraction #',
  sourceType: 'JDBC',
  connectionConfig: {
    url: 'jdbc:postgresql://source-db:5432/testdb',
    username: 'test',
    password: process.env.SOURCE_PASSWORD || 'test',
    driverClassName: 'org.postgresql.Driver',
  },
  extractionQuery: 'SELECT * FROM test_table LIMIT 1000',
}).split('#');

let made = 0; // iterations that have begun
let isFirst = true;

export function prepare(context, events, done) {
  const base = (process.env.BASE_URL || 'http://localhost:8080').replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(base)) return done(new Error(`BASE_URL is not an http(s) URL: ${base}`));
  if (!process.env.JIVS_PASSWORD) return done(new Error('not set in the environment: JIVS_PASSWORD'));
  Object.assign(context.vars, { base_url: base, extractions: `${base}/api/v1/extractions`, run: Date.now().toString(36) });
  return done();
}

export function credentials(req, context, events, done) {
  const { JIVS_USERNAME, JIVS_PASSWORD } = process.env;
  req.body = Buffer.from(JSON.stringify({ username: JIVS_USERNAME || 'admin', password: JIVS_PASSWORD }));
  return done();
}

export function loggedIn(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.accessToken : undefined;
  if (!token) return done(new Error(`login: ${res.statusCode}, no accessToken`));
  context.vars.bearer = `Bearer ${token}`;
  return done();
}

export function write(req, context, events, done) {
  if (isFirst) {
    isFirst = false;
    for (const call of Object.values(CALLS)) events.emit('counter', `${call}.errors`, 0);
    events.emit('counter', 'polls.failed', 0);
  }
  req.body = Buffer.from(frame[0] + context.vars.run + (made++).toString(36) + frame[1]);
  return done();
}

export function created(req, res, context, events, done) {
  const data = json(res)?.data;
  const ok = judge(req, res, events, {
    'createExtraction answers 201': res.statusCode === 201,
    'createExtraction has $.data.id': data?.id != null,
    'createExtraction $.data.status is PENDING': data?.status === 'PENDING',
    'createExtraction $.data.recordsExtracted is 0': data?.recordsExtracted === 0,
  });
  context.vars.created = ok ? [true] : [];
  if (!ok) return setTimeout(done, 1000);
  context.vars.id = encodeURIComponent(data.id);
  context.attempts = 0;
  events.emit('histogram', 'extraction_duration', elapsed(res));
  events.emit('counter', 'extractions_created', 1);
  return done();
}

export function started(req, res, context, events, done) {
  judge(req, res, events, { 'startExtraction answers 202': res.statusCode === 202 });
  return done();
}

export function got(req, res, context, events, done) {
  const ok = judge(req, res, events, { 'getExtraction answers 200': res.statusCode === 200 });
  const status = ok ? json(res)?.data?.status : undefined;
  context.attempts++;
  context.ended = status === 'COMPLETED' || status === 'FAILED';
  if (context.ended || context.attempts === 5) {
    events.emit('counter', 'polls.ended', 1);
    if (status !== 'COMPLETED') {
      events.emit('counter', 'polls.failed', 1);
      events.emit('counter', 'failed.getExtraction ends within 5 attempts', 1);
    }
  }
  return done();
}

export function again(context, next) {
  if (context.ended || context.attempts === 5) return next(false);
  setTimeout(next, 1, true);
}

export function listed(req, res, context, events, done) {
  const data = json(res)?.data;
  judge(req, res, events, {
    'listExtractions answers 200': res.statusCode === 200,
    'listExtractions has $.data.totalPages': data?.totalPages != null,
    'listExtractions $.data.size is 20': data?.size === 20,
  });
  return done();
}

// Cookies last one iteration.
export function more(context, next) {
  if (context._enableCookieJar) {
    context._jar.removeAllCookiesSync();
    context._enableCookieJar = false;
  }
  context.iterations = (context.iterations ?? 0) + 1;
  return next(context.iterations < ITERATIONS);
}

export function unanswered(error, req, context, events, done) {
  events.emit('counter', `${CALLS[req.name]}.requests`, 1);
  events.emit('counter', `${CALLS[req.name]}.errors`, 1);
  return done(error);
}

function judge(req, res, events, checks) {
  const call = CALLS[req.name];
  let ok = true;
  for (const name in checks) {
    if (checks[name]) continue;
    ok = false;
    events.emit('counter', `failed.${name}`, 1);
  }
  events.emit('counter', `${call}.requests`, 1);
  events.emit('histogram', `${call}.ms`, elapsed(res));
  if (!ok) events.emit('counter', `${call}.errors`, 1);
  return ok;
}

function elapsed(res) {
  const { request, firstByte, download } = res.timings.phases;
  return request + firstByte + download;
}

function json(res) {
  try {
    return JSON.parse(res.body);
  } catch {
    return undefined;
  }
}
