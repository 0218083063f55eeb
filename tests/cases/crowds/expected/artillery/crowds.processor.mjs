// Companion of crowds.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const usersOfClerk = rows('people.csv');
const usersOfPartner = rows('people.csv');
const usersOfVisitor = rows('people.csv');
const usersOfTenant = rows('people.csv');
const usersOfMachine = rows('machines.csv');

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['COUNTER_KEY'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = /^https?:\/\/[^/]+$/.test(url) ? url + '/v1' : url;
  context.vars.token_base_url = (process.env.TOKEN_BASE_URL || url.split('/', 3).join('/')).replace(/\/+$/, ''); // gives tokens
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(context.vars.token_base_url)) return done(new Error('TOKEN_BASE_URL is not an http(s) URL'));
  context.vars.usersOfMachine = usersOfMachine;
  return done();
}

export function writeLoginAsMachine(req, context, events, done) {
  context.vars.loginAsMachineAuthorization = headerText(`Basic ${Buffer.from(`${encodeURIComponent(context.vars.user.id)}:${encodeURIComponent(context.vars.user.secret)}`).toString('base64')}`);
  return done();
}

export function loggedInAsMachine(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.access_token : undefined;
  if (!token) return done(new Error('login as machine: ' + res.statusCode + ', no $.access_token'));
  (context.vars.tokensOfMachine ??= []).push(token);
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { name: 'counters', users: 4, after: 0, pause: 1000, turn: perVuIterations(2, 600) },
  { name: 'clerks', users: 2, after: 0, pause: 1000, turn: perVuIterations(1, 600) },
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
  context.vars.asClerk = headerText(`Basic ${Buffer.from(`${ofUser(context, usersOfClerk).name}:${ofUser(context, usersOfClerk).password}${(process.env.PEPPER || '')}`).toString('base64')}`);
  context.vars.asPartner = headerText(ofUser(context, usersOfPartner).key);
  context.vars.asVisitor = headerText(`Bearer ${ofUser(context, usersOfVisitor).token}`);
  context.vars.asTenantXCounterKey = headerText(process.env.COUNTER_KEY);
  context.vars.asTenantXTenant = headerText(`${ofUser(context, usersOfTenant).tenant}-${ofUser(context, usersOfTenant).token}`);
  context.vars.asMachine = headerText(`Bearer ${ofUser(context, context.vars.tokensOfMachine)}`);
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
  const { context } = user;
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

export function byBasic(req, res, context, events, done) {
  judge(req, res, events, { 'byBasic answers 200': res.statusCode === 200 });
  return done();
}

export function byBasicToo(req, res, context, events, done) {
  judge(req, res, events, { 'byBasicToo answers 200': res.statusCode === 200 });
  return done();
}

export function byHeaderKey(req, res, context, events, done) {
  judge(req, res, events, { 'byHeaderKey answers 200': res.statusCode === 200 });
  return done();
}

export function writeByQueryKey(req, context, events, done) {
  context.vars.key = encodeURIComponent(ofUser(context, usersOfPartner).key);
  return done();
}

export function byQueryKey(req, res, context, events, done) {
  judge(req, res, events, { 'byQueryKey answers 200': res.statusCode === 200 });
  return done();
}

export function writeByCookieKey(req, context, events, done) {
  req.cookieJar = cookies(context, `counter=${cookieText(ofUser(context, usersOfPartner).key)}`);
  return done();
}

export function byCookieKey(req, res, context, events, done) {
  judge(req, res, events, { 'byCookieKey answers 200': res.statusCode === 200 });
  return done();
}

export function byToken(req, res, context, events, done) {
  judge(req, res, events, { 'byToken answers 200': res.statusCode === 200 });
  return done();
}

export function byAnybody(req, res, context, events, done) {
  judge(req, res, events, { 'byAnybody answers 200': res.statusCode === 200 });
  return done();
}

export function byClient(req, res, context, events, done) {
  judge(req, res, events, { 'byClient answers 200': res.statusCode === 200 });
  return done();
}

export function byBasicAgain(req, res, context, events, done) {
  judge(req, res, events, { 'byBasic again answers 200': res.statusCode === 200 });
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

// Of a pool, user k has the k-th, round and round.
function ofUser({ vars }, pool) {
  return pool[(vars.vu - 1) % pool.length];
}
