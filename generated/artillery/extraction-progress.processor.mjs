// Companion of extraction-progress.yml, whose header says what it is. Do not edit.
import { cpus } from 'node:os';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['JIVS_PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  const workers = Math.max(1, cpus().length - 1); // as many as Artillery starts: each gets its share of the users
  if (workers > 1100) return done(new Error(`max_vus 1100 is less than the ${workers} workers of this machine`));
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

// Artillery starts a worker for each core but one: they number their arrivals together.
if (isMainThread) setEnvironmentData('arrivals', new SharedArrayBuffer(4));
const arrivals = new Int32Array(getEnvironmentData('arrivals'));

export function begin(context, events, done) {
  context.n = Atomics.add(arrivals, 0, 1);
  context.vars.unique = `${context.vars.run}${context.n.toString(36)}`;
  context.vars.asAdmin = headerText(`Bearer ${context.vars.tokenOfAdmin}`);
  return done();
}

// the steps ----------------------------------------------------------------------------------------

export function writeCreateExtraction(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({
    name: `Progress Test ${context.vars.unique}`,
    sourceType: 'JDBC',
    connectionConfig: {
      url: 'jdbc:postgresql://localhost:5432/testdb',
      username: 'test',
      password: (process.env.SOURCE_PASSWORD || 'test'),
    },
  }));
  return done();
}

export function createExtraction(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, {
    'createExtraction answers 201': res.statusCode === 201,
    'createExtraction has $.data.id': body?.data?.id != null,
  });
  if (!ok) return done(new Error('createExtraction failed'));
  context.vars.extractionId = segment(wellFormed(body?.data?.id));
  return done();
}

export function startExtraction(req, res, context, events, done) {
  judge(req, res, events, { 'startExtraction answers 202': res.statusCode === 202 });
  return done();
}

export function startGetExtraction(context, events, done) {
  context.asked = performance.now();
  return done();
}

export function getExtraction(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, { 'getExtraction answers 200': res.statusCode === 200 });
  context.ended = ok && ['COMPLETED', 'FAILED'].includes(body?.data?.status);
  context.answer = body;
  return done();
}

export function getExtractionAgain(context, again) {
  if (context.ended || context.vars.attempt >= 10) return again(false);
  setTimeout(again, 2000, true);
}

export function getExtractionEnded(context, events, done) {
  const body = context.answer;
  if (context.ended) {
    events.emit('histogram', 'time.extraction_completion.ms', performance.now() - context.asked);
  }
  const passed = context.ended && body?.data?.status !== 'FAILED';
  verdict(events, 'check.getExtraction_ends_within_10_attempts', passed);
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

function verdict(events, key, passed) {
  events.emit('counter', `${key}.requests`, 1);
  events.emit('counter', `${key}.errors`, passed ? 0 : 1);
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
