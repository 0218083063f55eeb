// Companion of pool.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const usersOfReader = rows('users.csv');

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  context.vars.usersOfReader = usersOfReader;
  return done();
}

export function writeLoginAsReader(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({ password: `${context.vars.user.name}-${process.env.PASSWORD}` }));
  return done();
}

export function loggedInAsReader(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.token : undefined;
  if (!token) return done(new Error('login as reader: ' + res.statusCode + ', no $.token'));
  (context.vars.tokensOfReader ??= []).push(token);
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { index: 0, n: 0, name: 'read', users: 4, after: 0, pause: 1000, turn: perVuIterations(2, 600) },
];
const places = LOADS.flatMap((load) => Array.from({ length: load.users }, (_, i) => ({ load, vu: i + 1, iteration: 0 })));
let taken = 0;
const waiting = new Set();
let start; // ms: when the last user arrives

setInterval(() => {
  waiting.forEach(takeTurn);
}, 10).unref();

function perVuIterations(iterations, longest) {
  return (user, seconds) => user.iteration < iterations && seconds < longest;
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
  context.vars.vu = String(user.vu);
  context.vars.asReader = headerText(`Bearer ${ofUser(context, context.vars.tokensOfReader)}`);
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

export function addBook(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, { 'addBook answers 201': res.statusCode === 201, 'addBook has $.id': body?.id != null });
  if (!ok) return endIteration(context);
  context.vars.bookId = segment(wellFormed(body?.id));
  return done();
}

export function getBook(req, res, context, events, done) {
  judge(req, res, events, { 'getBook answers 200': res.statusCode === 200 });
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
  return errors === 0;
}

// No answer at all: an error without a response time.
export function unanswered(error, req, context, events, done) {
  record(events, `op.${req.name}`, 1);
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

// Of a pool, user k has the k-th, round and round.
function ofUser({ vars }, pool) {
  return pool[(vars.vu - 1) % pool.length];
}
