// Companion of security.yml, whose header says what it is. Do not edit.
import { readFileSync } from 'node:fs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

const usersOfCrowd = rows('clerks.csv');

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['VAULT_TOKEN', 'VAULT_USER', 'VAULT_PASSWORD', 'VAULT_KEY', 'VAULT_QUERY_KEY', 'VAULT_COOKIE_KEY', 'VAULT_CLIENT_SECRET'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = /^https?:\/\/[^/]+$/.test(url) ? url + '/v2' : url;
  context.vars.service_token_base_url = (process.env.SERVICE_TOKEN_BASE_URL || url.split('/', 3).join('/')).replace(/\/+$/, ''); // gives tokens
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(context.vars.service_token_base_url)) return done(new Error('SERVICE_TOKEN_BASE_URL is not an http(s) URL'));
  context.vars.foreigner_token_base_url = (process.env.FOREIGNER_TOKEN_BASE_URL || 'https://id.example.com:8443').replace(/\/+$/, ''); // gives tokens
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(context.vars.foreigner_token_base_url)) return done(new Error('FOREIGNER_TOKEN_BASE_URL is not an http(s) URL'));
  context.vars.usersOfCrowd = usersOfCrowd;
  return done();
}

export function writeLoginAsPerson(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({ password: process.env.VAULT_PASSWORD }));
  return done();
}

export function loggedInAsPerson(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.token : undefined;
  if (!token) return done(new Error('login as person: ' + res.statusCode + ', no $.token'));
  context.vars.tokenOfPerson = token;
  return done();
}

export function writeLoginAsService(req, context, events, done) {
  req.body = Buffer.from(`grant_type=client_credentials&client_id=${encodeURIComponent((process.env.VAULT_CLIENT || 'load test'))}&client_secret=${encodeURIComponent(process.env.VAULT_CLIENT_SECRET)}&scope=vault.read%20vault%3Awrite%20all`);
  return done();
}

export function loggedInAsService(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.access_token : undefined;
  if (!token) return done(new Error('login as service: ' + res.statusCode + ', no $.access_token'));
  context.vars.tokenOfService = token;
  return done();
}

export function writeLoginAsForeigner(req, context, events, done) {
  context.vars.loginAsForeignerAuthorization = headerText(`Basic ${Buffer.from(`${encodeURIComponent((process.env.VAULT_CLIENT || 'load test'))}:${encodeURIComponent(process.env.VAULT_CLIENT_SECRET)}`).toString('base64')}`);
  return done();
}

export function loggedInAsForeigner(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.access_token : undefined;
  if (!token) return done(new Error('login as foreigner: ' + res.statusCode + ', no $.access_token'));
  context.vars.tokenOfForeigner = token;
  return done();
}

export function writeLoginAsCrowd(req, context, events, done) {
  req.body = Buffer.from(JSON.stringify({ password: context.vars.user.password }));
  return done();
}

export function loggedInAsCrowd(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.token : undefined;
  if (!token) return done(new Error('login as crowd: ' + res.statusCode + ', no $.token'));
  (context.vars.tokensOfCrowd ??= []).push(token);
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { name: 'everybody', users: 2, after: 0, pause: 1000, turn: perVuIterations(2, 600) },
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
  context.vars.asPerson = headerText(`Bearer ${context.vars.tokenOfPerson}`);
  context.vars.asVisitor = headerText(`Bearer ${process.env.VAULT_TOKEN}`);
  context.vars.asClerk = headerText(`Basic ${Buffer.from(`${process.env.VAULT_USER}:${process.env.VAULT_PASSWORD}`).toString('base64')}`);
  context.vars.asPartner = headerText(process.env.VAULT_KEY);
  context.vars.asService = headerText(`Bearer ${context.vars.tokenOfService}`);
  context.vars.asForeigner = headerText(`Bearer ${context.vars.tokenOfForeigner}`);
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

export function byBearer(req, res, context, events, done) {
  judge(req, res, events, { 'byBearer answers 200': res.statusCode === 200 });
  return done();
}

export function byReadyToken(req, res, context, events, done) {
  judge(req, res, events, { 'byReadyToken answers 200': res.statusCode === 200 });
  return done();
}

export function byBasic(req, res, context, events, done) {
  judge(req, res, events, { 'byBasic answers 200': res.statusCode === 200 });
  return done();
}

export function byHeaderKey(req, res, context, events, done) {
  judge(req, res, events, { 'byHeaderKey answers 200': res.statusCode === 200 });
  return done();
}

export function writeByQueryKey(req, context, events, done) {
  context.vars.vaultQueryKey = encodeURIComponent(process.env.VAULT_QUERY_KEY);
  return done();
}

export function byQueryKey(req, res, context, events, done) {
  judge(req, res, events, { 'byQueryKey answers 200': res.statusCode === 200 });
  return done();
}

export function writeByCookieKey(req, context, events, done) {
  req.cookieJar = cookies(context, `vault=${cookieText(process.env.VAULT_COOKIE_KEY)}`);
  return done();
}

export function byCookieKey(req, res, context, events, done) {
  judge(req, res, events, { 'byCookieKey answers 200': res.statusCode === 200 });
  return done();
}

export function byClient(req, res, context, events, done) {
  judge(req, res, events, { 'byClient answers 200': res.statusCode === 200 });
  return done();
}

export function putByClient(req, res, context, events, done) {
  judge(req, res, events, { 'putByClient answers 200': res.statusCode === 200 });
  return done();
}

export function byForeignClient(req, res, context, events, done) {
  judge(req, res, events, { 'byForeignClient answers 200': res.statusCode === 200 });
  return done();
}

export function writeByBoth(req, context, events, done) {
  context.vars.vaultKey = encodeURIComponent(process.env.VAULT_KEY);
  return done();
}

export function byBoth(req, res, context, events, done) {
  judge(req, res, events, { 'byBoth answers 200': res.statusCode === 200 });
  return done();
}

export function byEither(req, res, context, events, done) {
  judge(req, res, events, { 'byEither answers 200': res.statusCode === 200 });
  return done();
}

export function byEitherWithAKey(req, res, context, events, done) {
  judge(req, res, events, { 'byEither with a key answers 200': res.statusCode === 200 });
  return done();
}

export function byAnybody(req, res, context, events, done) {
  judge(req, res, events, { 'byAnybody answers 200': res.statusCode === 200 });
  return done();
}

export function byAnybodyAtAll(req, res, context, events, done) {
  judge(req, res, events, { 'byAnybody at all answers 200': res.statusCode === 200 });
  return done();
}

export function writeTokenAsKey(req, context, events, done) {
  context.vars.text = encodeURIComponent(ofUser(context, context.vars.tokensOfCrowd));
  return done();
}

export function tokenAsKey(req, res, context, events, done) {
  judge(req, res, events, { 'tokenAsKey answers 200': res.statusCode === 200 });
  return done();
}

export function byBasicRefused(req, res, context, events, done) {
  judge(req, res, events, { 'byBasic refused answers 401': res.statusCode === 401 });
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
