// Companion of compliance-stress.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const subjects = rows('subjects.csv');

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['JIVS_PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  const workers = Math.max(1, cpus().length - 1); // as many as Artillery starts: each gets its share of the users
  if (workers > 200) return done(new Error(`max_vus 200 is less than the ${workers} workers of this machine`));
  context.vars.base_url = url;
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
  context.subjects = subjects[context.n % subjects.length];
  context.vars.asAdmin = headerText(`Bearer ${context.vars.tokenOfAdmin}`);
  return done();
}

// the steps ----------------------------------------------------------------------------------------

export function writeCreateComplianceRequest(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({
    requestType: context.subjects.request_type,
    regulation: context.subjects.regulation,
    dataSubjectId: context.subjects.subject_id,
    dataSubjectEmail: context.subjects.email,
    requestDetails: context.subjects.details,
    priority: 'MEDIUM',
  }));
  return done();
}

export function createComplianceRequest(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, {
    'createComplianceRequest answers 201': res.statusCode === 201,
    'createComplianceRequest has $.data.id': body?.data?.id != null,
    'createComplianceRequest $.data.status is SUBMITTED': body?.data?.status === 'SUBMITTED',
  });
  if (!ok) return done(new Error('createComplianceRequest failed'));
  context.vars.requestId = segment(wellFormed(body?.data?.id));
  return done();
}

export function processComplianceRequest(req, res, context, events, done) {
  judge(req, res, events, { 'processComplianceRequest answers 202': res.statusCode === 202 });
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

// RFC 4180: the first line names the columns.
function rows(file) {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const lines = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (quoted === undefined && plain === '' && end === '') break;
    lines[lines.length - 1].push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') lines.push([]);
  }
  const [columns, ...values] = lines.filter((line) => line.length > 0);
  if (values.length === 0) throw new Error(`${file} has no rows`);
  return values.map((line) => Object.fromEntries(columns.map((column, i) => [column, line[i]])));
}
