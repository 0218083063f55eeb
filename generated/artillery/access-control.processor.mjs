// Companion of access-control.yml, whose header says what it is. Do not edit.
import { cpus } from 'node:os';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['JIVS_PASSWORD', 'JIVS_VIEWER_PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  const workers = Math.max(1, cpus().length - 1); // as many as Artillery starts: each gets its share of the users
  if (workers > 20) return done(new Error(`max_vus 20 is less than the ${workers} workers of this machine`));
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

// Artillery starts a worker for each core but one: they number their arrivals together.
if (isMainThread) setEnvironmentData('arrivals', new SharedArrayBuffer(4));
const arrivals = new Int32Array(getEnvironmentData('arrivals'));

export function begin(context, events, done) {
  context.n = Atomics.add(arrivals, 0, 1);
  context.vars.unique = `${context.vars.run}${context.n.toString(36)}`;
  context.vars.asAdmin = headerText(`Bearer ${context.vars.tokenOfAdmin}`);
  context.vars.asViewer = headerText(`Bearer ${context.vars.tokenOfViewer}`);
  return done();
}

// the steps ----------------------------------------------------------------------------------------

export function writeCreateWithoutAToken(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({
    name: `Access Test ${context.vars.unique}`,
    sourceType: 'JDBC',
    connectionConfig: {
      url: 'jdbc:postgresql://localhost:5432/testdb',
      username: 'test',
      password: (process.env.SOURCE_PASSWORD || 'test'),
    },
  }));
  return done();
}

export function createWithoutAToken(req, res, context, events, done) {
  judge(req, res, events, { 'create without a token answers 401': res.statusCode === 401 });
  return done();
}

export function writeCreateAsViewer(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({
    name: `Access Test ${context.vars.unique}`,
    sourceType: 'JDBC',
    connectionConfig: {
      url: 'jdbc:postgresql://localhost:5432/testdb',
      username: 'test',
      password: (process.env.SOURCE_PASSWORD || 'test'),
    },
  }));
  return done();
}

export function createAsViewer(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'create as viewer answers 403': res.statusCode === 403,
    'create as viewer $.status is 403': body?.status === 403,
  });
  return done();
}

export function writeCreateWithABadSourceType(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({
    name: `Access Test ${context.vars.unique}`,
    sourceType: 'INVALID_TYPE',
    connectionConfig: {
      url: 'jdbc:postgresql://localhost:5432/testdb',
      username: 'test',
      password: (process.env.SOURCE_PASSWORD || 'test'),
    },
  }));
  return done();
}

export function createWithABadSourceType(req, res, context, events, done) {
  const body = json(res);
  judge(req, res, events, {
    'create with a bad source type answers 400': res.statusCode === 400,
    'create with a bad source type has $.message': body?.message != null,
    'create with a bad source type $.status is 400': body?.status === 400,
  });
  return done();
}

export function readWhatDoesNotExist(req, res, context, events, done) {
  judge(req, res, events, { 'read what does not exist answers 404': res.statusCode === 404 });
  return done();
}

export function listAsViewer(req, res, context, events, done) {
  judge(req, res, events, { 'list as viewer answers 200': res.statusCode === 200 });
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
  return done();
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
