// Companion of values.yml, whose header says what it is. Do not edit.

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name]; // Artillery would send the load there

// before the load ----------------------------------------------------------------------------------

export function readEnvironment(context, events, done) {
  const text = process.env.BASE_URL || 'http://localhost:8080';
  const url = text.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/\s{}$]+[^\s{}$]*$/.test(url)) return done(new Error(`BASE_URL is not an http(s) URL: ${text}`));
  const unset = ['PASSWORD'].filter((name) => !process.env[name]);
  if (unset.length > 0) return done(new Error(`not set in the environment: ${unset.join(', ')}`));
  context.vars.base_url = url;
  return done();
}

export function writeLoginAsReader(req, context, events, done) {
  context.vars.loginAsReaderXRequestId = headerText(crypto.randomUUID());
  context.vars.loginAsReaderXTenant = headerText((process.env.TENANT || 'acme'));
  req.body = Buffer.from(JSON.stringify({ password: process.env.PASSWORD }));
  return done();
}

export function loggedInAsReader(req, res, context, events, done) {
  const token = res.statusCode === 200 ? json(res)?.token : undefined;
  if (!token) return done(new Error('login as reader: ' + res.statusCode + ', no $.token'));
  context.vars.tokenOfReader = token;
  return done();
}

// the load -----------------------------------------------------------------------------------------

// Artillery knows arrivals only. So all users arrive in the first second, take a place each, and wait in nextIteration for
// their turns. `turn` answers true (work now), false (the load is over for this user) or undefined (not yet); seconds.
const LOADS = [
  { name: 'read', users: 2, after: 0, pause: 1000, turn: constantVus(30) },
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
  context.vars.vu = String(user.vu);
  context.vars.asReader = headerText(`Bearer ${context.vars.tokenOfReader}`);
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
  context.vars.iteration = String(user.iteration);
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

export function writeA(req, context, events, done) {
  context.vars.aXRequestId = headerText(crypto.randomUUID());
  context.vars.aXTenant = headerText((process.env.TENANT || 'acme'));
  req.body = Buffer.from(JSON.stringify({ title: `${context.vars.vu}/${context.vars.iteration} \${x} ${(process.env.TITLE || 'none')}` }));
  return done();
}

export function a(req, res, context, events, done) {
  judge(req, res, events, { 'a answers 201': res.statusCode === 201 });
  return done();
}

export function writeB(req, context, events, done) {
  context.vars.bXRequestId = headerText(crypto.randomUUID());
  context.vars.bXTenant = headerText((process.env.TENANT || 'acme'));
  req.body = Buffer.from(JSON.stringify({ title: crypto.randomUUID() }));
  return done();
}

export function b(req, res, context, events, done) {
  judge(req, res, events, { 'b answers 201': res.statusCode === 201 });
  return done();
}

export function writeC(req, context, events, done) {
  context.vars.cXRequestId = headerText(crypto.randomUUID());
  context.vars.cXTenant = headerText((process.env.TENANT || 'acme'));
  req.body = Buffer.from(JSON.stringify({ title: `${randomString(8)} ${pick('a', 'b')}`, shelf: pick('READ', 'UNREAD') }));
  return done();
}

export function c(req, res, context, events, done) {
  judge(req, res, events, { 'c answers 201': res.statusCode === 201 });
  return done();
}

export function writeD(req, context, events, done) {
  context.vars.dXRequestId = headerText(crypto.randomUUID());
  context.vars.dXTenant = headerText((process.env.TENANT || 'acme'));
  req.body = Buffer.from(JSON.stringify({ title: `${new Date().toISOString()} ${today(-30)}` }));
  return done();
}

export function d(req, res, context, events, done) {
  judge(req, res, events, { 'd answers 201': res.statusCode === 201 });
  return done();
}

export function writeListBooks(req, context, events, done) {
  context.vars.page = encodeURIComponent(randomInt(0, 9));
  context.vars.listBooksXRequestId = headerText(crypto.randomUUID());
  context.vars.listBooksXTenant = headerText((process.env.TENANT || 'acme'));
  return done();
}

export function listBooks(req, res, context, events, done) {
  judge(req, res, events, { 'listBooks answers 200': res.statusCode === 200 });
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

function randomInt(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1));
}

function randomString(length) {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}

function pick(...choices) {
  return choices[Math.floor(Math.random() * choices.length)];
}

function today(days) {
  return new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
}
