// Companion of parameters.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const words = rows('words.csv');

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  context.vars.base_url = url;
  context.vars.run = Date.now().toString(36).slice(-8);
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { index: 0, n: 0, name: 'ask', users: 2, after: 0, pause: 1000, turn: perVuIterations(2, 600) },
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
  context.words = words[context.n % words.length];
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

export function writeCookies(req, context, events, done) {
  req.cookieJar = cookies(context, `session=${cookieText(context.vars.unique)}; list=red,${cookieText(context.words.word)}; many=a%20b; many=c%3Bd; object=x,1,y,${cookieText(context.words.word)}; theme=dark`);
  return done();
}

export function cookies2(req, res, context, events, done) {
  const body = json(res);
  const ok = judge(req, res, events, { 'cookies answers 200': res.statusCode === 200, 'cookies has $.id': body?.id != null });
  if (!ok) return endIteration(context);
  context.id = wellFormed(body?.id);
  context.vars.id = encodeURIComponent(wellFormed(body?.id));
  context.vars.segmentId = segment(wellFormed(body?.id));
  return done();
}

export function simplePaths(req, res, context, events, done) {
  judge(req, res, events, { 'simplePaths answers 200': res.statusCode === 200 });
  return done();
}

export function writeLabels(req, context, events, done) {
  context.vars.word = encodeURIComponent(context.words.word);
  context.vars.word2 = encodeURIComponent(context.words.word);
  return done();
}

export function labels(req, res, context, events, done) {
  judge(req, res, events, { 'labels answers 200': res.statusCode === 200 });
  return done();
}

export function writeMatrices(req, context, events, done) {
  context.vars.word3 = encodeURIComponent(context.words.word);
  context.vars.word4 = encodeURIComponent(context.words.word);
  return done();
}

export function matrices(req, res, context, events, done) {
  judge(req, res, events, { 'matrices answers 200': res.statusCode === 200 });
  return done();
}

export function writeQueries(req, context, events, done) {
  context.vars.one = encodeURIComponent(context.words.word);
  context.vars.list = encodeURIComponent(context.words.word);
  context.vars.word5 = encodeURIComponent(context.words.word);
  context.vars.word6 = encodeURIComponent(context.words.word);
  context.vars.word7 = encodeURIComponent(JSON.stringify(String(context.words.word)).slice(1, -1));
  context.vars.id2 = encodeURIComponent(JSON.stringify(String(context.id)).slice(1, -1));
  context.vars.randomString2 = encodeURIComponent(randomString(4));
  context.vars.randomInt2 = encodeURIComponent(randomInt(1, 9));
  return done();
}

export function queries(req, res, context, events, done) {
  judge(req, res, events, { 'queries answers 200': res.statusCode === 200 });
  return done();
}

export function writeHeaders(req, context, events, done) {
  context.vars.headersXOne = headerText(String(context.id));
  context.vars.headersXList = headerText(`red,${context.id}`);
  context.vars.headersXObject = headerText(`x,1,y,${context.id}`);
  return done();
}

export function headers(req, res, context, events, done) {
  judge(req, res, events, { 'headers answers 200': res.statusCode === 200 });
  return done();
}

export function writeCookiesAgain(req, context, events, done) {
  req.cookieJar = cookies(context, `session=${cookieText(context.id)}; list=red; many=blue; object=x,1,y,b; debug=1`);
  return done();
}

export function cookiesAgain(req, res, context, events, done) {
  judge(req, res, events, { 'cookies again answers 200': res.statusCode === 200 });
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

// A jar for one request: its own cookies before those that the server has set in this iteration.
function cookies({ _jar: jar }, own) {
  return {
    getCookieString: async (url) => [own, await jar.getCookieString(url)].filter(Boolean).join('; '),
    setCookie: (cookie, url) => jar.setCookie(cookie, url),
  };
}

// What cannot stand in a cookie is percent-encoded (RFC 6265 section 4.1.1).
function cookieText(value) {
  return String(value).replace(/[^!#$&-+\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g, encodeURIComponent);
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

function randomInt(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1));
}

function randomString(length) {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}
